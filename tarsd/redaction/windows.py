"""A stream in pieces that overlap, so that whatever stands on a border is seen whole once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BODY = 1 << 20
"""Bytes that a window goes on by."""

AHEAD = 1 << 15
"""Bytes that are seen beyond, at least: twice what a recogniser asks for."""

BEHIND = 1 << 14
"""Bytes before that stay in sight: the key above a value, the beginning of a block."""


@dataclass(frozen=True)
class Part:
    """Bytes `start` to `end` of a file that can be sought in; None is its end."""

    start: int = 0
    end: int | None = None


WHOLE = Part()


def parts(source: BinaryIO, count: int) -> list[Part]:
    """A file in so many parts, or fewer, of like size, for as many processes; each begins a line, if one is near."""
    size = source.seek(0, 2)
    starts = sorted({_line(source, size * number // count) for number in range(1, count)})
    borders = [0, *(at for at in starts if 0 < at < size)]
    ends = [*borders[1:], None]
    return [Part(start, end) for start, end in zip(borders, ends, strict=True)]


def _line(source: BinaryIO, at: int) -> int:
    """Where a line begins at or soon after, or else a letter."""
    source.seek(at)
    text = source.read(BODY)
    border = text.find(b"\n") + 1
    if border:
        return at + border
    letter = next((it for it, byte in enumerate(text[:4]) if byte & 0xC0 != 0x80), 0)
    return at + letter


@dataclass(frozen=True)
class Window:
    """`text[begin:]` is new; up to `safe` all that begins there ends within the text. `last`: nothing follows.

    `whole`: the text ends where the stream does, and not in the middle of it.
    """

    text: bytes
    begin: int
    safe: int
    last: bool
    whole: bool


class Windows:
    """Over a stream from where it stands on, or over a part of a file; `go_on` says how far it was used."""

    def __init__(self, source: BinaryIO, ahead: int = AHEAD, part: Part = WHOLE) -> None:
        self._source = source
        self._ahead = max(AHEAD, ahead)
        self._text = b""
        self._begin = 0
        self._over = self._whole = False
        self._stop: int | None = None
        self._left: int | None = None
        if part != WHOLE:
            self._start(part)

    def _start(self, part: Part) -> None:
        """What is before the part is seen, and what is behind it."""
        first = max(0, part.start - BEHIND)
        self._source.seek(first)
        self._text = self._source.read(part.start - first)
        self._text = self._text[self._text.find(b"\n") + 1 if first else 0 :]
        self._begin = len(self._text)
        if part.end is not None:
            self._stop = self._begin + part.end - part.start
            self._left = part.end - part.start + self._ahead

    def window(self) -> Window:
        """What is to be read now; the same again until `go_on`."""
        pieces = [self._text, *self._read(self._begin + BODY + self._ahead - len(self._text))]
        self._text = b"".join(pieces)
        return Window(self._text, self._begin, self._safe(), self._over, self._whole)

    def _read(self, wanted: int) -> Iterator[bytes]:
        while not self._over and wanted > 0:
            piece = self._source.read(BODY if self._left is None else min(BODY, self._left))
            self._whole = not piece and self._left != 0
            self._over = not piece
            wanted -= len(piece)
            if self._left is not None:
                self._left -= len(piece)
            yield piece

    def go_on(self, at: int) -> None:
        """The next window begins at this offset of the present one, with BEHIND bytes of it in sight."""
        first = max(0, at - BEHIND)
        border = self._text.find(b"\n", first, at) + 1
        kept = border if first and border else first
        self._text, self._begin = self._text[kept:], at - kept
        if self._stop is not None:
            self._stop -= kept

    def _safe(self) -> int:
        """A line border, if one is near enough."""
        size = len(self._text) if self._stop is None else min(len(self._text), self._stop)
        if self._over:
            return size
        limit = min(size, len(self._text) - self._ahead)
        border = self._text.rfind(b"\n", self._begin, limit) + 1
        return border if border > self._begin else limit
