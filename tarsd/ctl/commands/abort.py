"""tarsctl abort: interrupt a change and have it undone."""

from __future__ import annotations

from tarsd.ctl import flags
from tarsd.ctl.change_id import add_change_id
from tarsd.ctl.command import Command
from tarsd.ctl.outcome import follow_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon


def configure(parser: ArgumentParser) -> None:
    add_change_id(parser)
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    daemon.post(f"/v1/changes/{args.id}/abort")
    return follow_started(args, console, daemon, args.id, good="undone")


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
