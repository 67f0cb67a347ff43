"""A backup that is being written: compressed, summed and looked after for room as it grows. Everything here blocks."""

import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

LOOK_EACH = 16 << 20
"""Bytes between two looks at the room that is left."""


class Pending:
    """A gzip file in a directory that is not in its place yet. Methods raise OSError, and NoSpace of `check`."""

    def __init__(
        self,
        service: str,
        kind: str,
        now: datetime,
        place: Path,
        file: str,
        check: Callable[[int], None],
    ) -> None:
        self.service = service
        self.kind = kind
        self.now = now
        self.place = place
        self.file = file
        self._check = check
        descriptor = os.open(place / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._stream = os.fdopen(descriptor, "wb")
        self._packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        self._sum = hashlib.sha256()
        self._size = 0
        self._looked = 0

    def write(self, piece: bytes) -> None:
        """Add it."""
        self._put(self._packer.compress(piece))

    def close(self) -> tuple[int, str]:
        """Bring it to its end and to the disk; returns size and SHA-256."""
        self._put(self._packer.flush())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return self._size, self._sum.hexdigest()

    def drop(self) -> None:
        """Remove all of it."""
        self._stream.close()
        shutil.rmtree(self.place, ignore_errors=True)

    def _put(self, packed: bytes) -> None:
        self._stream.write(packed)
        self._sum.update(packed)
        self._size += len(packed)
        if self._size - self._looked >= LOOK_EACH:
            self._looked = self._size
            self._check(self._size)


def intact(path: Path) -> None:
    """Read it to its end, which proves its own sums. Raises OSError."""
    with gzip.open(path) as stream:
        while stream.read(1 << 20):
            pass
