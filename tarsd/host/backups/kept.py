"""Backups on disk: one directory each, which is there whole or not at all. Everything here blocks."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tarsd.errors import NoSpace
from tarsd.host.backups.pending import Pending, intact
from tarsd.host.files import make_directory, sweep, sync_directory, unfinished, write_atomic
from tarsd.settings import Data

MANIFEST = "manifest.json"

RESERVE = 1 << 30
"""Bytes that stay free on the disk of the state, whatever is kept: state.db is there, and often the stack's data."""

MIB = 1 << 20


@dataclass(frozen=True)
class Kept:
    """One backup. `kind`: `pg_dumpall`, `chroma` or `aof`; `bytes` and `sha256` are of `file`; `image` is what had written
    the data.

    `holds`: databases' tables, or collections, that are in it; None where nobody counted. Empty ones never push out one
    that holds something.
    """

    name: str
    service: str
    kind: str
    at: str
    file: str
    bytes: int
    sha256: str
    image: str
    holds: int | None = None
    version: int = 1

    @property
    def made(self) -> datetime:
        """When, in UTC."""
        return datetime.fromisoformat(self.at)


class Backups:
    """`DIRECTORY/NAME/{manifest.json,FILE}`, 0700 and 0600. `bounds` gives those in force. Methods raise OSError.

    What is not of this shape is somebody's own, and is neither counted nor touched.
    """

    def __init__(
        self,
        directory: Path,
        bounds: Callable[[], Data],
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self.directory = directory
        self._bounds = bounds
        self._free = free

    def all(self, service: str | None = None) -> Sequence[Kept]:
        """Those that are whole, oldest first."""
        if not self.directory.is_dir():
            return []
        found = [_read(path) for path in self.directory.iterdir() if not path.name.startswith(".")]
        wanted = [it for it in found if it is not None and service in (None, it.service)]
        return sorted(wanted, key=lambda it: (it.at, it.name))

    def path(self, kept: Kept) -> Path:
        """Of its file."""
        return self.directory / kept.name / kept.file

    def room(self, needed: int) -> None:
        """Raises NoSpace where so many bytes more would not leave the reserve, or are more than all that may be kept."""
        make_directory(self.directory)
        free = self._free(self.directory)
        if free - needed < RESERVE:
            raise NoSpace(
                f"cannot keep a backup in {self.directory}: it needs about {needed // MIB} MiB besides a reserve of "
                f"{RESERVE // MIB}, and {free // MIB} are free",
                fix=f"df -h {self.directory}; sudo du -sh {self.directory}/*",
                details={"needed_bytes": needed, "free_bytes": free},
            )
        self.within(needed)

    def within(self, size: int) -> None:
        """Raises NoSpace where one of that size is more than all that may be kept."""
        most = self._bounds().megabytes * MIB
        if size > most:
            raise NoSpace(
                f"cannot keep a backup of {size // MIB} MiB: [data] megabytes allows {most // MIB} in all",
                fix="raise megabytes under [data] in /etc/tars-home, then: sudo tarsctl config reload",
            )

    def begin(self, service: str, kind: str, now: datetime, file: str) -> Pending:
        """A new one, which is not there before `keep`. What an earlier one left unfinished is removed."""
        make_directory(self.directory)
        sweep(self.directory)
        stamp = f"{now:%Y%m%dT%H%M%S%f}Z"
        place = unfinished(self.directory / f"{service}-{stamp}")
        place.mkdir(mode=0o700)
        return Pending(service, kind, now, place, file, self._checked)

    def keep(self, pending: Pending, image: str, holds: int | None) -> Kept:
        """Put it in its place, durably, in one step, once it was read to its end."""
        size, digest = pending.close()
        intact(pending.place / pending.file)
        name = f"{pending.service}-{pending.now:%Y%m%dT%H%M%S%f}Z"
        at = pending.now.isoformat(timespec="milliseconds")
        kept = Kept(
            name, pending.service, pending.kind, at, pending.file, size, digest, image, holds
        )
        write_atomic(pending.place / MANIFEST, json.dumps(asdict(kept), indent=1) + "\n")
        pending.place.rename(self.directory / name)
        sync_directory(self.directory)
        return kept

    def thin_out(self, made: Kept, *, frozen: bool) -> Sequence[str]:
        """Remove what is beyond the bounds, oldest first, of all where they are too large together; returns the names.

        What was just `made` counts as the newest, whatever a clock that was set back says. Never the newest, nor the newest
        that holds something; while `frozen`, for its data seems lost, none that holds any.
        """
        bounds = self._bounds()
        everything = sorted(self.all(), key=lambda it: it.name == made.name)
        service, kind = made.service, made.kind
        mine = [it for it in everything if (it.service, it.kind) == (service, kind)]
        gone = _spare(mine, frozen=frozen)[: max(len(mine) - bounds.keep, 0)]
        others = {(it.service, it.kind) for it in everything} - {(service, kind)}
        left = [it for it in _spare(mine, frozen=frozen) if it not in gone]
        for group in others:
            left += _spare([it for it in everything if (it.service, it.kind) == group])
        total = sum(it.bytes for it in everything) - sum(it.bytes for it in gone)
        for it in sorted(left, key=lambda it: it.at):
            if total <= bounds.megabytes * MIB:
                break
            gone.append(it)
            total -= it.bytes
        for it in gone:
            self._remove(it)
        return [it.name for it in gone]

    def _remove(self, kept: Kept) -> None:
        """Under another name first: cut off in the middle, what is left is swept away and never taken for a backup."""
        doomed = unfinished(self.directory / kept.name)
        (self.directory / kept.name).rename(doomed)
        sync_directory(self.directory)
        shutil.rmtree(doomed)

    def _checked(self, size: int) -> None:
        """Asked while it grows."""
        self.within(size)
        self.room(0)


def _spare(mine: Sequence[Kept], *, frozen: bool = False) -> list[Kept]:
    """Those that may go, of one service and kind, oldest first."""
    full = [it for it in mine if it.holds != 0]
    dear = {it.name for it in (*mine[-1:], *(full if frozen else full[-1:]))}
    return [it for it in mine if it.name not in dear]


def _read(path: Path) -> Kept | None:
    """None where it is not one of ours, or not whole."""
    try:
        kept = Kept(**json.loads((path / MANIFEST).read_bytes()))
        whole = kept.version == 1 and (path / kept.file).stat().st_size == kept.bytes
        return kept if whole and kept.name == path.name and kept.made.tzinfo is not None else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None
