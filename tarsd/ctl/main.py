"""The entry point: finds the command, runs it, and turns whatever ends it into an exit status."""

from __future__ import annotations

import io
import os
import sys

from tarsd.ctl.console import Console
from tarsd.ctl.errors import InterruptError, TarsctlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit status."""
    words = sys.argv[1:] if words is None else words
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = _tell(InterruptError("cannot finish: interrupted"), words)
    except TarsctlError as error:
        status = _tell(error, words)
    except OSError as error:
        _discard_output()
        # a reader that has what it wanted (tarsctl logs redis | head) is no failure
        served = isinstance(error, BrokenPipeError)
        status = 0 if served else _tell(TarsctlError(f"cannot finish: {error}"), words)
    return status


def _run(words: Sequence[str]) -> int:
    from tarsd.ctl.commands import NAMES, load
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.parser import command_parser, split

    if not words or words[0] not in NAMES:
        from tarsd.ctl.overview import help_for

        if text := help_for(words):
            sys.stdout.write(text + "\n")
            return 0
    if words[0] == "--version":
        words = ["version", *words[1:]]
    name, rest = split(words)
    command = load(name)
    try:
        args = command_parser(command).parse_all(rest)
    except SystemExit:
        return 0  # argparse has printed the help; what it calls errors are UsageErrors here
    args.words = words
    console = Console(json=args.json, quiet=args.quiet, no_color=args.no_color)
    return command.run(args, console, Daemon())


def _tell(error: TarsctlError, words: Sequence[str]) -> int:
    from tarsd.ctl.report import report

    return report(error, words)


def _open_what_is_closed() -> None:
    """Give the standard streams that the caller closed (`tarsctl status >&-`) somewhere to go."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123  for the life of the process; pathlib costs 5 ms


def _discard_output() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
