"""tarsctl watch: a change to its end."""

from __future__ import annotations

from tarsd.ctl import flags
from tarsd.ctl.change_id import add_optional_id, named_or_newest
from tarsd.ctl.command import Command
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import tell_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon


def configure(parser: ArgumentParser) -> None:
    add_optional_id(parser)
    flags.add_timeout(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    number = named_or_newest(args.id, daemon)
    change = Follower(daemon, console, number, args.timeout).to_the_end()
    return tell_end(change, console)


COMMANDS = (
    Command(
        "watch",
        "watch a change to its end",
        run,
        configure=configure,
        description="Exits as the command that started it would have: 0 when it is done.",
        examples=(
            ("tarsctl watch", "what is at work, or the last"),
            ("tarsctl watch 17", "Ctrl-C asks whether to abort it"),
            ("tarsctl watch 17 --timeout 600 --quiet", "for a script"),
        ),
    ),
)
