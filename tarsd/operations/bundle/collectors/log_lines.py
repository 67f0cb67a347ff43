"""The newest lines of a log as they may be handed on: whole, without colours, without binary, without user content."""

import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from tarsd.operations.bundle.collectors.content import Shapes
from tarsd.operations.bundle.collectors.protocol import Partly, Stream

LONGEST = 64 * 1024
"""Bytes of a line; of a longer one only its length is told."""

_ANSI = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass
class _Unended:
    """A line whose end has not come yet; of one that is too long only `size` is kept."""

    held: bytearray
    size: int = 0

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= LONGEST:
            self.held += piece
        else:
            self.held.clear()


class Newest:
    """Takes pieces of several streams that were written side by side, and keeps the newest lines within `most` bytes."""

    def __init__(self, most: int, shapes: bool = True) -> None:
        self._most = most
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._unended: dict[int, _Unended] = {}
        self._shape: Callable[[str], str] = Shapes() if shapes else str
        self.dropped = self.binary = self.long = 0

    def take(self, number: int, piece: bytes) -> None:
        """A piece of stream `number`: a line of one is not torn apart by what the other says meanwhile."""
        unended = self._unended.setdefault(number, _Unended(bytearray()))
        *ends, rest = piece.split(b"\n")
        for end in ends:
            unended.add(end)
            self._keep(unended)
            unended = self._unended[number] = _Unended(bytearray())
        unended.add(rest)

    async def lines(self) -> Stream:
        """All that is kept, oldest first. Raises Partly at the end where something of it is missing."""
        for unended in self._unended.values():
            if unended.size:
                self._keep(unended)
        for line in self._lines:
            yield line
        missing = self._missing()
        if missing:
            raise Partly("; ".join(missing), "cut")

    def _missing(self) -> list[str]:
        """In words."""
        told = {
            "older lines left out for their size": self.dropped,
            "binary lines, shown by their size only": self.binary,
            f"lines longer than {LONGEST // 1024} KiB, shown by their size only": self.long,
        }
        return [f"{words}: {count}" for words, count in told.items() if count]

    def _keep(self, unended: _Unended) -> None:
        line = self._shown(unended).encode() + b"\n"
        self._lines.append(line)
        self._size += len(line)
        while self._size > self._most:
            self._size -= len(self._lines.popleft())
            self.dropped += 1

    def _shown(self, unended: _Unended) -> str:
        if unended.size > LONGEST:
            self.long += 1
            return f"<a line of {unended.size} bytes>"
        try:
            text = _ANSI.sub(b"", bytes(unended.held)).rstrip(b"\r").decode()
        except UnicodeDecodeError:
            text = "\x00"
        text = text.rpartition("\r")[2]  # of a progress bar, what a terminal shows in the end
        if _BINARY.search(text):
            self.binary += 1
            return f"<binary: {unended.size} bytes>"
        return self._shape(text)


async def newest(
    pieces: AsyncIterator[tuple[int, bytes]], most: int, *, shapes: bool = True
) -> Stream:
    """The newest lines of a log that is read to its end first; `shapes` where people's texts may stand in it."""
    kept = Newest(most, shapes)
    async for number, piece in pieces:
        kept.take(number, piece)
    async for line in kept.lines():
        yield line
