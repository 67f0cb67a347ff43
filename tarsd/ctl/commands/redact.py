"""tarsctl redact: the redactor of support bundles as a filter; tarsd's program does the work, no daemon is asked."""

from __future__ import annotations

import os

from tarsd.ctl.command import Command
from tarsd.ctl.doctors import PROGRAM
from tarsd.ctl.errors import TarsctlError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--secrets", metavar="FILE", help="values that must not be shown either, one per line"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="write each file there under its own name"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="default: standard input")


def run(args: Namespace, console: Console, _daemon: Daemon) -> int:
    if console.json and args.output is None:
        raise UsageError("cannot redact: --json needs -o DIR, for standard output is the text's")
    if not os.access(PROGRAM, os.X_OK):
        raise TarsctlError(
            f"cannot redact: {PROGRAM} is missing", "sudo apt install --reinstall tars-home"
        )
    words = ["redact", *(["--json"] if console.json else []), *(["-q"] if console.quiet else [])]
    for flag, value in (("--secrets", args.secrets), ("--output", args.output)):
        words += [] if value is None else [f"{flag}={value}"]
    os.execv(PROGRAM, [PROGRAM, *words, "--", *args.files])  # noqa: S606  our own program, and no shell


COMMANDS = (
    Command(
        "redact",
        "take secrets, names and addresses out of a text",
        run,
        configure=configure,
        description="Works without the daemon. As root it knows this machine's own secrets.\n"
        "What cannot be redacted (binary, not UTF-8) is withheld: exit status 1.",
        examples=(
            ("tarsctl logs webui | sudo tarsctl redact", "to paste it into a forum"),
            ("sudo tarsctl redact -o /tmp/clean *.log", "each file under its own name"),
            ("tarsctl redact --secrets mine.txt < app.log", "also what stands in mine.txt"),
        ),
    ),
)
