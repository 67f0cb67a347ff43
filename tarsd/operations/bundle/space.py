"""Room on the disk: asked for before a run, and watched while it writes."""

import os
from collections.abc import Callable
from pathlib import Path

from tarsd.errors import NoSpace
from tarsd.sizes import MB, words

RESERVE = 128 * MB
"""Bytes that stay free whatever happens: a database that cannot write costs more than a bundle is worth."""

LOOK_EVERY = 4 * MB
"""Bytes written between two looks at the disk."""

_FIX = "df -h /var/lib/tars-home; docker system df; sudo tarsctl bundle rm NAME"


def free_bytes(directory: Path) -> int:
    """What root may still take there. Raises OSError."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


class Space:
    """The free space of the file system that holds `directory`."""

    def __init__(self, directory: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self._directory = directory
        self._free = free
        self._unseen = 0

    def need(self, estimate: int) -> None:
        """Raises NoSpace unless twice the estimate is free beside the reserve: raw and redacted lie there at once."""
        needed, free = 2 * estimate + RESERVE, self._free(self._directory)
        if free < needed:
            raise _no_space(needed, free, self._directory)

    def took(self, size: int) -> None:
        """Say so after each write of `size` bytes. Raises NoSpace once the reserve is touched."""
        self._unseen += size
        if self._unseen < LOOK_EVERY:
            return
        self._unseen = 0
        free = self._free(self._directory)
        if free < RESERVE:
            raise _no_space(RESERVE, free, self._directory)


def _no_space(needed: int, free: int, directory: Path) -> NoSpace:
    return NoSpace(
        f"cannot make a bundle: {words(free)} are free in {directory}, {words(needed)} are needed",
        fix=_FIX,
        details={"needed_bytes": needed, "free_bytes": free},
    )
