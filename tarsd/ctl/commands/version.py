"""tarsctl version: of the client and of the daemon it talks to."""

from __future__ import annotations

from pathlib import Path

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.errors import TarsctlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

VERSION_FILE = Path(__file__).parents[3] / "VERSION"


def run(_args: Namespace, console: Console, daemon: Daemon) -> int:
    client = VERSION_FILE.read_text(encoding="utf-8").strip()
    answer: dict[str, Any] = {}
    silence = ""
    try:
        answer = daemon.get("/v1/version")
    except TarsctlError as error:
        silence = error.message.removeprefix("cannot reach tarsd: ")
    if console.json:
        console.show_json(
            {
                "client": client,
                "daemon": answer.get("version"),
                "pid": answer.get("pid"),
                "uptime_seconds": answer.get("uptime_seconds"),
            }
        )
        return 0
    console.show(f"tarsctl  {client}", f"tarsd    {_daemon(answer) or silence}")
    if answer.get("version") not in (None, client):
        console.say("they differ; try: sudo systemctl restart tarsd")
    return 0


def _daemon(answer: dict[str, Any]) -> str:
    if not answer:
        return ""
    up = human.duration(answer.get("uptime_seconds"))
    return f"{answer.get('version')} · pid {answer.get('pid')} · up {up}"


COMMANDS = (
    Command(
        "version",
        "print the versions of tarsctl and of the running tarsd",
        run,
        description="Exits with 0 whether tarsd runs or not.",
        examples=(("tarsctl version", ""), ("tarsctl version --json", "for a program")),
    ),
)
