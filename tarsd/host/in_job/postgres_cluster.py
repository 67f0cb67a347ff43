"""A PostgreSQL cluster's files: whether its first start was ever finished, and setting it aside if nothing is in it.

Or seeing to it that what it finished stays so.

Needs DAC_OVERRIDE, and to move, to write to the volume's own directory. Nothing is ever removed.
"""

import os
import re
from pathlib import Path
from typing import Any

from tarsd.host.files import sync_directory
from tarsd.host.in_job import CannotAnswer

FIRST_OF_ITS_OWNER = 16384
"""FirstNormalObjectId (PostgreSQL, access/transam.h): what initdb makes has lower numbers; a table of anybody's, and
its file, never has."""

ASIDE = "cut-off"
"""Beside the volume's data, where Docker looks at nothing and `docker volume rm` takes it along."""

_OF_A_CLUSTER = re.compile(
    r"PG_VERSION|base|global|pg_\w+(\.conf)?|postgresql(\.auto)?\.conf|postmaster\.(opts|pid)|lost\+found"
)
_LETS_IN = re.compile(rb"^host\s+all\s+all\s+all\s", re.MULTILINE)
"""What the image's entrypoint adds to pg_hba.conf once initdb is through: without it nobody comes in over the network."""


def answer(given: dict[str, str]) -> dict[str, Any]:
    """Given: `data`, the volume's data, and `act`: `look`, `set-aside` or `sync`. Raises CannotAnswer, OSError.

    Returns `cut_off` (its first start was begun and never finished), `used` (somebody made something in it, or it is
    not what initdb makes), and `aside`: where it was moved, or null. What is used is never moved.
    """
    data = Path(given["data"])
    cut_off, used = _cut_off(data), _used(data)
    aside = None
    if given["act"] == "sync":
        _sync(data)
    if given["act"] == "set-aside":
        if used or not cut_off:
            raise CannotAnswer(f"cannot set {data} aside: it was finished, or somebody has used it")
        aside = str(_set_aside(data))
    return {"cut_off": cut_off, "used": used, "aside": aside}


def _sync(data: Path) -> None:
    """The line that the entrypoint adds is the one thing of a first start that nobody has synced."""
    descriptor = os.open(data / "pg_hba.conf", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_directory(data)


def _cut_off(data: Path) -> bool:
    if not any(it.name != "lost+found" for it in data.iterdir()):
        return False  # not begun
    try:
        whole = (data / "PG_VERSION").stat().st_size > 0
        return not whole or _LETS_IN.search((data / "pg_hba.conf").read_bytes()) is None
    except FileNotFoundError:
        return True


def _used(data: Path) -> bool:
    if not all(_OF_A_CLUSTER.fullmatch(it.name) for it in data.iterdir()):
        return True
    spaces, base = data / "pg_tblspc", data / "base"
    if spaces.is_dir() and any(spaces.iterdir()):
        return True
    return base.exists() and any(
        _number(name) >= FIRST_OF_ITS_OWNER for _, _, files in os.walk(base) for name in files
    )


def _number(name: str) -> int:
    """Of a relation's file: `16385`, `16385.1`, `16385_fsm`; 0 for any other."""
    found = re.match(r"(?:t\d+_)?(\d+)", name)
    return int(found[1]) if found else 0


def _set_aside(data: Path) -> Path:
    """One name after the other; cut off in between, what is left is still cut off and not used, and is moved next time."""
    number = 1
    while (aside := data.parent / f"{ASIDE}-{number}").exists():
        number += 1
    aside.mkdir(mode=0o700)
    for entry in sorted(data.iterdir()):
        if entry.name != "lost+found":
            entry.rename(aside / entry.name)
    for directory in (aside, data, data.parent):
        sync_directory(directory)
    return aside
