"""The gate's look at what was written: is anything known still in it?

It shares nothing with what redacts but the list of needles.
"""

import html
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from ahocorasick_rs import BytesAhoCorasick, Implementation

from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.spans import SECRET
from tarsd.redaction.unfold import DEEPEST, LONGEST, TooLarge, unfolded

READ = 1 << 20

LEAST = 8
"""Bytes of a needle that is looked for where also the blanks within lines are gone."""

_CODE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[@-Z^_\\])|\x08."
)
_WIDE = re.compile(rb"\\+u([0-9A-Fa-f]{4})")
_BYTE = re.compile(rb"\\+x([0-9A-Fa-f]{2})")
_BREAK = re.compile(rb"\\+(?:r\\+n|[nrt])")
_OCTAL = re.compile(rb"\\+([0-3][0-7]{2})")
_POINT = re.compile(rb"\\+(?:u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8}))")
_PERCENT_U = re.compile(rb"%u([0-9A-Fa-f]{4})")
_UNSEEN = re.compile(
    rb"\xc2\xad|\xc2\x9b[0-?]*[ -/]*[@-~]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf"
)
_MOST_ESCAPES = 3
_GONE = bytes(range(33)) + b"\x7f\\\"'`$"
_EDGE = b" \t\r\\"
_INSIDE = re.compile(rb"[\w-]")


class Searcher:
    """Made once of an inventory, for any number of streams."""

    def __init__(self, inventory: Inventory) -> None:
        needles = inventory.needles()
        self._needles = list(needles.items())
        secret = [needle for needle, known in self._needles if known.kind == SECRET]
        bare = {it.translate(None, _GONE) for needle in secret for it in _readings(needle)}
        self.count = len(needles)
        """Of needles that are looked for."""
        self._as_is = _finder([needle for needle, _ in self._needles])
        self._secret = _finder(secret)
        self._bare = _finder([needle for needle in bare if len(needle) >= LEAST])
        self._escapes = any(
            _decoded(value := known.value.encode()) != value for known in inventory.knowns
        )
        """Whether a value holds what looks like an escape: then it is looked for as it is, too."""
        self._overlap = 2 * max(map(len, needles), default=0) + READ // 16

    def hits(self, source: BinaryIO) -> int:
        """How often something known stands in it, to its end; 0 is the proof. What stands on a border may count twice.

        What is packed in it, and too large to be read, counts as found.
        """
        found, kept = 0, b""
        try:
            while piece := source.read(READ):
                text = kept + piece
                inner = unfolded(text)
                found += self._hits(text, inner.meanings)
                kept = text[min(inner.open_end, max(0, len(text) - self._overlap)) :]
                if len(kept) > LONGEST:
                    return found + 1
        except TooLarge:
            return found + 1
        return found

    def _hits(self, text: bytes, inner: list[bytes], depth: int = 0) -> int:
        plain = _without_codes(text)
        read = list(_readings(plain))
        bare = [*read[1:], *([plain] if self._escapes or len(read) == 1 else [])]
        return max(
            sum(self._counts(text, *found) for found in _all(self._as_is, text)),
            len(_all(self._secret, _one_line(plain))),
            *(len(_all(self._bare, it.translate(None, _GONE))) for it in bare),
            self._inside(inner, depth),
        )

    def _inside(self, inner: list[bytes], depth: int) -> int:
        if not inner or depth == DEEPEST:
            return 0
        text = b"\n".join(inner)
        return self._hits(text, unfolded(text).meanings, depth + 1)

    def _counts(self, text: bytes, number: int, start: int, end: int) -> bool:
        """A name counts as a word of its own only."""
        known: Known = self._needles[number][1]
        if known.kind == SECRET:
            return True
        return not (_INSIDE.match(text, end) or (start and _INSIDE.match(text, start - 1)))


def _finder(needles: list[bytes]) -> BytesAhoCorasick | None:
    if not needles:
        return None
    return BytesAhoCorasick(needles, implementation=Implementation.ContiguousNFA)


def _all(finder: BytesAhoCorasick | None, text: bytes) -> list[tuple[int, int, int]]:
    return finder.find_matches_as_indexes(text, overlapping=True) if finder else []


def _without_codes(text: bytes) -> bytes:
    return _CODE.sub(b"", text) if b"\x1b" in text or b"\x08" in text else text


def _one_line(text: bytes) -> bytes:
    """Without line breaks, what continues a line before them and the indentation after them."""
    return b"".join([line.strip(_EDGE) for line in text.split(b"\n")])


def _readings(text: bytes) -> Iterator[bytes]:
    """The text, and as often as one escape hides another what it says then."""
    yield text
    for _ in range(_MOST_ESCAPES):
        before, text = text, _without_codes(_decoded(text))
        if text == before:
            return
        yield text


def _decoded(text: bytes) -> bytes:
    """Escapes of URLs, markup and strings as what they mean, without what cannot be seen."""
    if not text.isascii():
        text = _UNSEEN.sub(b"", text)
    if b"%" in text:
        text = unquote_to_bytes(_PERCENT_U.sub(rb"\\u\1", text))
    if b"&" in text:
        text = html.unescape(text.decode(errors="replace")).encode(errors="replace")
    if b"\\" in text:
        text = _WIDE.sub(lambda it: chr(int(it[1], 16)).encode(errors="replace"), text)
        text = _BYTE.sub(lambda it: bytes.fromhex(it[1].decode()), text)
        text = _POINT.sub(lambda it: _letter(int(it[1] or it[2], 16)), text)
        text = _OCTAL.sub(lambda it: bytes([int(it[1], 8)]), text)
        text = _BREAK.sub(b"", text)
    return text


def _letter(number: int) -> bytes:
    return chr(number).encode(errors="replace") if number <= 0x10FFFF else b""
