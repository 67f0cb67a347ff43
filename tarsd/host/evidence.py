"""What was seen before an act, in files: bounded in size and number, for root alone. Everything here blocks."""

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from tarsd.host.files import make_directory, sweep, write_atomic
from tarsd.settings import Evidence as Bounds

MOST_BYTES = 256 * 1024
"""Of one file."""

MOST_SETS = 5
"""Sets kept of one incident, one for each act: the first, which shows how it began, and the newest."""

RESERVE = 128 * 1024 * 1024
"""Bytes that must stay free: state.db is on the same disk, and matters more."""

_CUT = b"[... cut ...]\n"


class NoRoom(OSError):
    """The disk has nothing to spare for evidence."""


class EvidenceFiles:
    """`DIRECTORY/INCIDENT/STAMP-NAME`. `bounds` gives those in force when it is called. Methods raise OSError."""

    def __init__(
        self,
        directory: Path,
        bounds: Callable[[], Bounds],
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._directory = directory
        self._bounds = bounds
        self._free = free

    def save(
        self, incident: int, stamp: str, files: Mapping[str, str], unresolved: Collection[int]
    ) -> Sequence[str]:
        """Keep a set of files; returns their names. Older evidence gives way: of resolved incidents first, oldest first."""
        make_directory(self._directory)
        contents = {f"{stamp}-{name}": _bounded(name, text) for name, text in files.items()}
        place = self._directory / str(incident)
        self._thin_out(place)
        self._make_room(incident, sum(map(len, contents.values())), unresolved)
        free = self._free(self._directory)
        if free < RESERVE:
            raise NoRoom(f"only {free // 1024**2} MiB are free in {self._directory}")
        make_directory(place)
        sweep(place)
        for name, content in contents.items():
            write_atomic(place / name, content)
        return sorted(contents)

    def names(self, incident: int) -> Sequence[str]:
        """The files kept of an incident, oldest first."""
        return [path.name for path in _files(self._directory / str(incident))]

    def _make_room(self, incident: int, needed: int, unresolved: Collection[int]) -> None:
        bounds = self._bounds()
        sizes = {
            path: sum(file.stat().st_size for file in path.iterdir())
            for path in self._directory.iterdir()
            if path.is_dir() and path.name.isdigit() and path.name != str(incident)
        }
        mine = sum(file.stat().st_size for file in _files(self._directory / str(incident)))
        total = sum(sizes.values()) + mine + needed
        order = sorted(sizes, key=lambda path: (int(path.name) in unresolved, int(path.name)))
        while order and (total > bounds.megabytes * 1024**2 or len(order) >= bounds.incidents):
            oldest = order.pop(0)
            shutil.rmtree(oldest)
            total -= sizes[oldest]
        if total > bounds.megabytes * 1024**2:
            shutil.rmtree(self._directory / str(incident), ignore_errors=True)

    def _thin_out(self, place: Path) -> None:
        """Make room for one more set among those of an incident that is tried again and again."""
        sets: dict[str, list[Path]] = {}
        for file in _files(place):
            sets.setdefault(file.name.partition("-")[0], []).append(file)
        for stamp in sorted(sets)[1 : len(sets) - MOST_SETS + 2]:
            for file in sets[stamp]:
                file.unlink()


def _files(place: Path) -> Sequence[Path]:
    if not place.is_dir():
        return []
    return sorted(path for path in place.iterdir() if not path.name.startswith("."))


def _bounded(name: str, text: str) -> bytes:
    """Of a log its end, of anything else its beginning."""
    data = text.encode(errors="replace")
    if len(data) <= MOST_BYTES:
        return data
    room = MOST_BYTES - len(_CUT)
    return _CUT + data[-room:] if name.endswith(".log") else data[:room] + _CUT


def pressure(root: Path = Path("/proc/pressure")) -> str:
    """What the kernel says of processor, memory and disk being short (PSI). Raises OSError where it does not count that."""
    parts = [f"{name}\n{(root / name).read_text()}" for name in ("cpu", "memory", "io")]
    return "\n".join(parts) + f"\nload {' '.join(map(str, os.getloadavg()))}\n"
