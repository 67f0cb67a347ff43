"""tarsctl tasks: the steps of one change."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.change_id import add_optional_id, named_or_newest
from tarsd.ctl.command import Command
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change, Task
    from tarsd.ctl.table import Cell

STYLES = {"done": "good", "undone": "warn", "failed": "bad"}


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    change: Change = daemon.get(f"/v1/changes/{named_or_newest(args.id, daemon)}")
    if console.json:
        console.show_json(change)
        return 0
    console.show(_headline(change), "")
    if tasks := change.get("tasks"):
        rows = [plain("TASK", "STATUS", "TOOK", "SUMMARY", "DETAIL"), *map(_row, tasks)]
        console.show(*align(rows, console.paint))
    if error := change.get("error"):
        console.show("", f"Error  {error.get('message')}")
        if error.get("fix"):
            console.show(f"Fix    {error.get('fix')}")
    if left := [line for task in tasks or () for line in _left_to_owner(task)]:
        console.show("", *left)
    return 0


def _left_to_owner(task: Task) -> Iterator[str]:
    """What it takes to mend a task that could not be undone; why is its detail."""
    if error := task.get("error"):
        yield f"To do  task {task.get('number')}: {error.get('fix') or 'tarsctl status'}"


def _headline(change: Change) -> str:
    parts = [
        f"change {change.get('id')}",
        change.get("summary") or change.get("kind") or "",
        change.get("status") or "unknown",
    ]
    if started := change.get("started"):
        parts.append(f"started {human.clock(started, None)}")
    took = human.between(started, change.get("ended"))
    if took is not None:
        parts.append(f"took {human.duration(took)}")
    return " · ".join(parts)


def _row(task: Task) -> list[Cell]:
    status = task.get("status") or "unknown"
    took = human.between(task.get("started"), task.get("ended"))
    return [
        (str(task.get("number") or human.UNKNOWN), ""),
        (status, STYLES.get(status, "")),
        (human.duration(took), ""),
        (human.one_line(task.get("summary") or task.get("kind") or ""), ""),
        (human.one_line(task.get("detail") or ""), ""),
    ]


COMMANDS = (
    Command(
        "tasks",
        "show the steps of one change",
        run,
        configure=add_optional_id,
        examples=(
            ("tarsctl tasks", "the change at work, or the last"),
            ("tarsctl tasks 17", "what change 17 did, and where it failed"),
            ("tarsctl tasks 17 --json", "for a program"),
        ),
    ),
)
