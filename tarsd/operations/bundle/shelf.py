"""The finished bundles on this machine: a few, each with the file that `sha256sum -c` reads."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tarsd.errors import NotFound
from tarsd.host.files import sync_directory, write_atomic
from tarsd.sizes import MB
from tarsd.times import iso

NAME = re.compile(r"tars-bundle-[0-9a-f]{6}-(\d{8}T\d{6}Z)\.tar\.gz(?:\.age)?")

SUM = ".sha256"
"""What is added to the name of the file that holds the sum."""

KEEP = 5
"""Bundles; whoever sends one does it within days, and the next is made in seconds."""

KEEP_BYTES = 512 * MB


@dataclass(frozen=True)
class Kept:
    """One bundle. `sha256` is None where its file is gone or makes no sense."""

    name: str
    path: Path
    size: int
    made: str
    sha256: str | None

    def as_json(self) -> dict[str, object]:
        """The shape of docs/json.md."""
        return {
            "name": self.name,
            "path": str(self.path),
            "size_bytes": self.size,
            "made": self.made,
            "sha256": self.sha256,
            "encrypted": self.name.endswith(".age"),
        }


class Shelf:
    """`/var/lib/tars-home/bundles`. All of it blocks and raises OSError."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def all(self) -> list[Kept]:
        """Newest first."""
        if not self.directory.is_dir():
            return []
        found = [kept for path in self.directory.iterdir() if (kept := _kept(path)) is not None]
        return sorted(found, key=lambda it: (it.made, it.name), reverse=True)

    def get(self, name: str) -> Kept:
        """One. Raises NotFound, for what is no bundle's name as well: nothing else is ever opened."""
        kept = _kept(self.directory / name) if NAME.fullmatch(name) else None
        if kept is None:
            raise NotFound(f"cannot find bundle {name[:80]!r}", fix="tarsctl bundle list")
        return kept

    def put(self, path: Path, name: str, sha256: str) -> Kept:
        """Give a finished file its name, its sum beside it first; then drop what is too much."""
        target = self.directory / name
        write_atomic(target.with_name(name + SUM), f"{sha256}  {name}\n")
        path.rename(target)
        sync_directory(self.directory)
        self._bound(name)
        return self.get(name)

    def remove(self, name: str) -> Kept:
        """Remove one, with its sum. Raises NotFound."""
        kept = self.get(name)
        kept.path.unlink(missing_ok=True)
        kept.path.with_name(name + SUM).unlink(missing_ok=True)
        sync_directory(self.directory)
        return kept

    def _bound(self, new: str) -> None:
        size = (self.directory / new).stat().st_size
        older = [kept for kept in self.all() if kept.name != new]
        for number, kept in enumerate(older, start=1):
            size += kept.size
            if number >= KEEP or size > KEEP_BYTES:
                self.remove(kept.name)
        for beside in self.directory.glob(f"*{SUM}"):  # what a power cut has left of a pair
            if not beside.with_name(beside.name.removesuffix(SUM)).exists():
                beside.unlink(missing_ok=True)


def _kept(path: Path) -> Kept | None:
    match = NAME.fullmatch(path.name)
    try:
        if match is None or not path.is_file() or path.is_symlink():
            return None
        size = path.stat().st_size
    except FileNotFoundError:  # removed meanwhile
        return None
    made = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    return Kept(path.name, path, size, iso(made), _sum(path))


def _sum(path: Path) -> str | None:
    try:
        text = path.with_name(path.name + SUM).read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    match = re.fullmatch(r"([0-9a-f]{64})  (\S+)\n", text)
    return match[1] if match and match[2] == path.name else None
