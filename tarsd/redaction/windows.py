"""A stream in pieces that overlap, so that whatever stands on a border is seen whole once."""

from dataclasses import dataclass
from typing import BinaryIO

BODY = 1 << 20
"""Bytes that a window goes on by."""

AHEAD = 1 << 15
"""Bytes that are seen beyond, at least: twice what a recogniser asks for."""

BEHIND = 1 << 14
"""Bytes before that stay in sight: the key above a value, the beginning of a block."""


@dataclass(frozen=True)
class Window:
    """`text[begin:]` is new; up to `safe` all that begins there ends within the text. `last`: nothing follows."""

    text: bytes
    begin: int
    safe: int
    last: bool


class Windows:
    """Over a stream, from where it stands on. Whoever reads says with `go_on` how far it has come."""

    def __init__(self, source: BinaryIO, ahead: int = AHEAD) -> None:
        self._source = source
        self._ahead = max(AHEAD, ahead)
        self._text = b""
        self._begin = 0
        self._over = False

    def window(self) -> Window:
        """What is to be read now; the same again until `go_on`."""
        pieces, size = [self._text], len(self._text)
        while not self._over and size - self._begin < BODY + self._ahead:
            piece = self._source.read(BODY)
            self._over = not piece
            pieces.append(piece)
            size += len(piece)
        self._text = b"".join(pieces)
        return Window(self._text, self._begin, self._safe(), self._over)

    def go_on(self, at: int) -> None:
        """The next window begins at this offset of the present one, with BEHIND bytes of it in sight."""
        first = max(0, at - BEHIND)
        border = self._text.find(b"\n", first, at) + 1
        kept = border if first and border else first
        self._text, self._begin = self._text[kept:], at - kept

    def _safe(self) -> int:
        """A line border, if one is near enough."""
        if self._over:
            return len(self._text)
        limit = len(self._text) - self._ahead
        border = self._text.rfind(b"\n", self._begin, limit) + 1
        return border if border > self._begin else limit
