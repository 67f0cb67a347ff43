"""The flags that several commands share."""

from __future__ import annotations

import argparse


def add_output(parser: argparse.ArgumentParser) -> None:
    """Flags of every command."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON object on stdout")
    group.add_argument("-q", "--quiet", action="store_true", help="results and errors only")
    group.add_argument("--no-color", action="store_true", help="no colours (also: NO_COLOR=1)")


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Flags of the commands that start a change."""
    parser.add_argument(
        "--no-wait", action="store_true", help="return as soon as the change is started"
    )
    add_timeout(parser)


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """How long to watch a change; the change itself has no limit."""
    parser.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="watch no longer than this, then exit with 6; the change goes on",
    )


def add_yes(parser: argparse.ArgumentParser) -> None:
    """The answer to a question, given in advance."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f'must be a number of seconds above 0, not "{text}"')
    return seconds
