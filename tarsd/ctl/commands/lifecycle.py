"""tarsctl start, stop and restart: what the owner wants running."""

from __future__ import annotations

from tarsd.ctl import flags
from tarsd.ctl.command import Command
from tarsd.ctl.outcome import follow_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.command import Run
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "services", metavar="SERVICE", nargs="*", help="a service; all of them if none is named"
    )
    flags.add_waiting(parser)


def runner(action: str) -> Run:
    """What the command of that name does."""

    def run(args: Namespace, console: Console, daemon: Daemon) -> int:
        body = {"action": action, "services": args.services}
        return follow_started(args, console, daemon, daemon.start("/v1/services", body))

    return run


COMMANDS = (
    Command(
        "start",
        "start services and wait until they are healthy",
        runner("start"),
        configure=configure,
        description="A service that was stopped is looked after again.",
        examples=(
            ("tarsctl start", "all that is installed"),
            ("tarsctl start redis postgres", "these two, and no other"),
        ),
    ),
    Command(
        "stop",
        "stop services and keep them stopped",
        runner("stop"),
        configure=configure,
        description="What you stopped is not a fault: it stays stopped, after a reboot too.",
        examples=(
            ("tarsctl stop", "the whole stack"),
            ("tarsctl stop ollama", "one service"),
            ("tarsctl stop --timeout 60", "do not watch for more than a minute"),
        ),
    ),
    Command(
        "restart",
        "stop services and start them again",
        runner("restart"),
        configure=configure,
        examples=(
            ("tarsctl restart chromadb", "one service"),
            ("tarsctl restart", "all of them, in their order"),
            ("tarsctl restart --no-wait --json", "start it and get its change"),
        ),
    ),
)
