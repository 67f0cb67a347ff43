"""The ID argument of the commands that name one change."""

from __future__ import annotations

import argparse


def add_change_id(parser: argparse.ArgumentParser) -> None:
    """Declares ID, a change's number."""
    parser.add_argument("id", metavar="ID", type=_change_id, help="a change, as in tarsctl changes")


def _change_id(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'must be a change\'s number, not "{text}"')
    return text
