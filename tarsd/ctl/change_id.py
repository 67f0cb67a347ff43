"""The ID argument of the commands that name one change."""

from __future__ import annotations

import argparse

from tarsd.ctl.errors import TarsctlError
from tarsd.ctl.progress import ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change


def add_change_id(parser: argparse.ArgumentParser) -> None:
    """Declares ID, a change's number."""
    parser.add_argument("id", metavar="ID", type=_change_id, help="a change, as in tarsctl changes")


def add_optional_id(parser: argparse.ArgumentParser) -> None:
    """Declares ID for a command that only looks; `named_or_newest` finds the change where none is given."""
    parser.add_argument(
        "id",
        metavar="ID",
        nargs="?",
        type=_change_id,
        help="a change, as in tarsctl changes; without it the one at work, or the last",
    )


def named_or_newest(given: str | None, daemon: Daemon) -> str:
    """The given ID; else the newest change that is at work, else the newest of all. Raises TarsctlError without any."""
    if given:
        return given
    changes: list[Change] = daemon.get("/v1/changes").get("changes") or []
    at_work = [each for each in changes if each.get("status") not in ENDS]
    for each in [*at_work, *changes]:
        if number := each.get("id"):
            return number
    raise TarsctlError("cannot find a change: there was none yet", "tarsctl status")


def _change_id(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'must be a change\'s number, not "{text}"')
    return text
