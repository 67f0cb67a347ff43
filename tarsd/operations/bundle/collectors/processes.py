"""The processes of services and containers with their arguments. Of those of people, and of the kernel, only the name."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from tarsd.host.blocking import Unwaited

MOST = 2000
"""Processes."""

LONGEST = 4096
"""Bytes of the arguments of one; who has more is shown without: half of a secret would be known to nobody."""


async def processes(root: Path = Path("/")) -> AsyncGenerator[bytes, None]:
    """A line for each: pid, parent, user, state, resident KiB, unit, arguments."""
    loop = asyncio.get_running_loop()
    for line in await loop.run_in_executor(Unwaited("processes"), lambda: list(_lines(root))):
        yield line.encode(errors="replace") + b"\n"


def _lines(root: Path) -> Iterator[str]:
    yield "PID PPID UID STATE RSS_KIB CGROUP ARGUMENTS"
    pids = sorted(int(it) for it in os.listdir(root / "proc") if it.isdigit())  # noqa: PTH208  2,000 Paths for a name
    for pid in pids[:MOST]:
        try:
            yield _line(root / "proc" / str(pid), pid)
        except (OSError, ValueError, IndexError):  # it ended meanwhile
            continue
    if len(pids) > MOST:
        yield f"... and {len(pids) - MOST} more"


def _line(place: Path, pid: int) -> str:
    text = (place / "status").read_text(encoding="utf-8", errors="replace")
    fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    group = (place / "cgroup").read_text(encoding="utf-8", errors="replace").strip()
    group = group.splitlines()[-1].rpartition(":")[2] if group else "?"
    rss = fields.get("VmRSS", "0").split()[0]
    uid = fields.get("Uid", "?").split()[0]
    state = fields.get("State", "?")[:1]
    shown = _arguments(place) if _is_of_a_service(group) else ""
    name = f"[{fields.get('Name', '?')}]"
    return f"{pid} {fields.get('PPid', '?')} {uid} {state} {rss} {group} {shown or name}"


def _is_of_a_service(group: str) -> bool:
    """What somebody runs in a session of his own, and inside of what he types, is nobody's business."""
    return not group.startswith("/user.slice") and group not in ("/", "")


def _arguments(place: Path) -> str:
    raw = (place / "cmdline").read_bytes()
    if len(raw) > LONGEST:
        return f"({len(raw)} bytes of arguments)"
    return " ".join(raw.decode(errors="replace").rstrip("\0").split("\0")).replace("\n", " ")
