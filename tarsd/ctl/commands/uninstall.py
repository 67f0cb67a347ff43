"""tarsctl uninstall: remove the stack, keep the data unless its loss is asked for by name."""

from __future__ import annotations

import os

from tarsd.ctl import flags
from tarsd.ctl.command import Command, again
from tarsd.ctl.consent import declined, need_root, need_somebody, need_yes
from tarsd.ctl.errors import UsageError
from tarsd.ctl.outcome import follow_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Status


def configure(parser: ArgumentParser) -> None:
    flags.add_yes(parser)
    parser.add_argument(
        "--purge-data",
        action="store_true",
        help="delete the volumes too: databases, vectors, models, chats",
    )
    parser.add_argument(
        "--machine", metavar="NAME", help="this machine's name, the consent to --purge-data"
    )
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("uninstall")
    if args.machine is not None and not args.purge_data:
        raise UsageError("cannot uninstall: --machine goes with --purge-data only")
    status: Status = daemon.get("/v1/status")
    machine = status.get("machine") or os.uname().nodename
    if not args.yes:
        named = ["--machine", machine] if args.purge_data and args.machine is None else []
        need_somebody(args, console, "uninstall", *named)
        console.ask_first(*_plan(status, machine, purge=args.purge_data))
    name = _typed_name(args, console, machine) if args.purge_data else None
    if not args.yes and name is None:
        need_yes(console, "uninstall", default=False)
    body = {"purge_data": args.purge_data, "machine": name}
    return follow_started(args, console, daemon, daemon.start("/v1/uninstall", body))


def _typed_name(args: Namespace, console: Console, machine: str) -> str:
    name = args.machine
    if name is None and args.yes:
        raise UsageError(
            "cannot purge data: --yes does not stand for the machine's name",
            again(args, "--machine", machine),
        )
    if name is None:
        name = console.ask(f"Type the machine's name ({machine}) to delete the data for good: ")
        if not name:
            raise declined("uninstall")
    if name != machine:
        raise UsageError(f'cannot purge data: this machine is {machine}, not "{name}"')
    return name


def _plan(status: Status, machine: str, *, purge: bool) -> list[str]:
    names = [service.get("name") or "?" for service in status.get("services") or []]
    data = "the stack's volumes (databases, vectors, models, chats) and secrets"
    rest = "your settings in /etc/tars-home, the images, tarsd itself"
    return [
        f"On {machine} this removes",
        f"  · the containers and networks of the stack: {', '.join(names) or 'none are there'}",
        *([f"  · {data}"] if purge else []),
        "and keeps",
        *([] if purge else [f"  · {data}"]),
        f"  · {rest}",
    ]


COMMANDS = (
    Command(
        "uninstall",
        "remove the stack's containers and networks, keep its data",
        run,
        configure=configure,
        description="Volumes, secrets and settings stay, so that installing again finds all of it."
        "\nOnly --purge-data deletes volumes, and only with the machine's name.",
        examples=(
            ("sudo tarsctl uninstall", "tells what goes, asks"),
            ("sudo tarsctl uninstall --yes", "asks nothing"),
            ("sudo tarsctl uninstall --purge-data", "data goes as well"),
        ),
    ),
)
