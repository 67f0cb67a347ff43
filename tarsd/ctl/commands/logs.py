"""tarsctl logs: what a service says."""

from __future__ import annotations

import argparse
import re
import sys

from tarsd.ctl.command import Command
from tarsd.ctl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

MOST_LINES = 100_000  # as many as tarsd gives


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", metavar="SERVICE", help="a service's name, as in tarsctl status")
    parser.add_argument(
        "-n", "--lines", type=_lines, default=100, metavar="LINES", help="how many (default: 100)"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")


def run(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", args.service):
        raise UsageError(f'cannot show logs: "{args.service}" is no service name', "tarsctl status")
    if args.follow and console.json:
        raise UsageError("cannot show logs: --json has one object, --follow has no end")
    follow = "true" if args.follow else "false"
    target = f"/v1/services/{args.service}/logs?lines={args.lines}&follow={follow}"
    blocks = daemon.stream(target, follow=args.follow)
    if console.json:
        text = b"".join(blocks).decode("utf-8", "replace")
        console.show_json({"service": args.service, "lines": text.splitlines()})
        return 0
    try:
        for block in blocks:
            sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        return 130
    return 0


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_LINES):
        raise argparse.ArgumentTypeError(
            f'must be a number of lines, {MOST_LINES:,} at most, not "{text}"'
        )
    return int(text)


COMMANDS = (
    Command(
        "logs",
        "show what a service says",
        run,
        configure=configure,
        examples=(
            ("tarsctl logs redis", "the last 100 lines"),
            ("tarsctl logs postgres -n 20 -f", "the last 20, then what comes"),
            ("tarsctl logs chromadb | grep -i error", ""),
        ),
    ),
)
