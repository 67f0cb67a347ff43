"""What lies in a directory of a service's data, which is of other users: how much, of which PostgreSQL, which partial pulls.

Needs DAC_READ_SEARCH. Nothing is opened but files named PG_VERSION.
"""

import os
from pathlib import Path
from typing import Any

from tarsd.host.in_job import CannotAnswer

MOST_FILES = 2_000_000
"""Above that nobody waits for the sum."""

VERSION_FILES = ("PG_VERSION", "data/PG_VERSION", "*/docker/PG_VERSION", "*/main/PG_VERSION")
"""Where images keep a cluster: up to 17 in the volume or in data/, from 18 on in MAJOR/docker/."""

NO_SIZE = frozenset({"pg_wal"})
"""Directories that no dump holds."""


def answer(given: dict[str, str]) -> dict[str, Any]:
    """Given: `data`, the directory, and `partial`, the pattern of names of partial files. Raises CannotAnswer, OSError.

    Returns `bytes`, `majors` (of each cluster, sorted) and `partial`: name, size and time of each.
    """
    data = Path(given["data"])
    if not data.is_dir():
        raise CannotAnswer(f"cannot look into {data}: it is no directory")
    partial = sorted(data.glob(given["partial"])) if given.get("partial") else []
    return {
        "bytes": _size(data),
        "majors": sorted({major for path in _version_files(data) if (major := _major(path))}),
        "partial": [[it.name, it.stat().st_blocks * 512, it.stat().st_mtime] for it in partial],
    }


def _version_files(data: Path) -> list[Path]:
    return [path for pattern in VERSION_FILES for path in data.glob(pattern)]


def _major(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(16).decode(errors="replace").strip()


def _size(data: Path) -> int:
    total = count = 0
    for directory, names, files in os.walk(data):
        names[:] = [name for name in names if name not in NO_SIZE]
        for name in files:
            count += 1
            if count > MOST_FILES:
                raise CannotAnswer(f"cannot sum up {data}: it has more than {MOST_FILES} files")
            try:
                total += os.lstat(os.path.join(directory, name)).st_size  # noqa: PTH118  two million times
            except FileNotFoundError:  # it is in use
                continue
    return total
