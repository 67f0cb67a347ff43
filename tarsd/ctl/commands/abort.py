"""tarsctl abort: interrupt a change and have it undone."""

from __future__ import annotations

from tarsd.ctl import flags
from tarsd.ctl.change_id import add_change_id
from tarsd.ctl.command import Command
from tarsd.ctl.errors import TarsctlError
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import tell_end
from tarsd.ctl.progress import ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change


def configure(parser: ArgumentParser) -> None:
    add_change_id(parser)
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    change: Change = daemon.get(f"/v1/changes/{args.id}")
    if change.get("status") in ENDS:
        return _too_late(change, console)
    change = daemon.post(f"/v1/changes/{args.id}/abort")
    if not args.no_wait:
        change = Follower(daemon, console, args.id, args.timeout).to_the_end()
    if change.get("status") in ENDS:
        return tell_end(change, console, good="undone")
    if console.json:
        console.show_json(change)
    console.say(f"change {args.id} is being undone; watch it with: tarsctl watch {args.id}")
    return 0


def _too_late(change: Change, console: Console) -> int:
    """A change that had ended before: 0 where it is undone, as was asked for."""
    number, status = change.get("id"), change.get("status")
    summary = change.get("summary") or change.get("kind")
    if status != "undone":
        raise TarsctlError(
            f"cannot abort change {number} ({summary}): it has ended, {status}",
            f"tarsctl tasks {number}",
        )
    if console.json:
        console.show_json(change)
    console.say(f"change {number} ({summary}) is undone already")
    return 0


COMMANDS = (
    Command(
        "abort",
        "interrupt a change and undo what it did",
        run,
        configure=configure,
        description="Exits with 0 when the change is undone.",
        examples=(
            ("tarsctl abort 17", "and watch it being undone"),
            ("tarsctl abort 17 --no-wait", "do not watch"),
        ),
    ),
)
