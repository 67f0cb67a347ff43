"""tarsctl changes: the long operations, newest first."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change
    from tarsd.ctl.table import Cell

STYLES = {"done": "good", "undone": "warn", "needs-owner": "bad"}


def run(_args: Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/changes")
    if console.json:
        console.show_json(answer)
        return 0
    changes: list[Change] = answer.get("changes") or []
    if not changes:
        console.say("no changes yet")
        return 0
    rows = [plain("ID", "STATUS", "STARTED", "TOOK", "SUMMARY"), *map(_row, changes)]
    console.show(*align(rows, console.paint))
    return 0


def _row(change: Change) -> list[Cell]:
    status = change.get("status") or "unknown"
    took = human.between(change.get("started"), change.get("ended"))
    return [
        (change.get("id") or human.UNKNOWN, ""),
        (status, STYLES.get(status, "")),
        (human.clock(change.get("started"), None), ""),
        (human.duration(took), ""),
        (human.one_line(change.get("summary") or change.get("kind") or ""), ""),
    ]


COMMANDS = (
    Command(
        "changes",
        "list the long operations, newest first",
        run,
        examples=(
            ("tarsctl changes", "the last 50 at most"),
            ("tarsctl changes --json", "for a program"),
        ),
    ),
)
