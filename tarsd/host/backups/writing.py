"""A backup's bytes on their way to the disk, in pieces large enough for a thread each."""

from tarsd.host.backups.pending import Pending
from tarsd.host.blocking import whole

TOGETHER = 1 << 20
"""Bytes that are written at once."""

TAIL = 512
"""Bytes of the end that are kept to look at."""


class Writer:
    """Counts how often `mark` was written. Raises what Pending raises."""

    def __init__(self, pending: Pending, mark: bytes = b"") -> None:
        self._pending = pending
        self._mark = mark
        self._waiting = bytearray()
        self.marks = 0
        self.tail = b""

    async def write(self, piece: bytes) -> None:
        """Take a piece; the disk is waited for where much is waiting."""
        if self._mark:
            overlap = self.tail[-len(self._mark) + 1 :] if len(self._mark) > 1 else b""
            self.marks += (overlap + piece).count(self._mark)
        self.tail = (self.tail + piece)[-TAIL:]
        self._waiting += piece
        if len(self._waiting) >= TOGETHER:
            await self.flush()

    async def flush(self) -> None:
        """Hand on what is left."""
        data, self._waiting = bytes(self._waiting), bytearray()
        await whole(self._pending.write, data)
