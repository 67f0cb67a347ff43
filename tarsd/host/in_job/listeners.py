"""Every listening TCP socket of this machine with its process and that one's unit; needs SYS_PTRACE and DAC_READ_SEARCH."""

from pathlib import Path
from typing import Any

import psutil

from tarsd.host.in_job.placed import placed


def answer(_: object) -> list[dict[str, Any]]:
    """Address, port, and of the first process that has it: pid, command, unit, container; null where it is not known."""
    return [
        {
            "address": it.laddr[0],
            "port": it.laddr[1],
            "pid": it.pid,
            "command": _command(it.pid),
            **dict(zip(("unit", "container"), placed(_cgroup(it.pid)), strict=True)),
        }
        for it in psutil.net_connections(kind="tcp")
        if it.status == psutil.CONN_LISTEN and it.laddr
    ]


def _command(pid: int | None) -> str | None:
    try:
        return None if pid is None else psutil.Process(pid).name()
    except psutil.Error:  # it ended meanwhile
        return None


def _cgroup(pid: int | None) -> str:
    if pid is None:
        return ""
    try:
        return Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8")
    except OSError:  # it ended meanwhile
        return ""
