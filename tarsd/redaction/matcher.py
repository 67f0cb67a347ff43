"""Finds what is known in a text: as it is, in pieces, beside a key, and where lines or terminal codes part it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from ahocorasick_rs import BytesAhoCorasick, Implementation

from tarsd.redaction.embedded import DEEPEST, embedded
from tarsd.redaction.encodings import SHORTEST
from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.spans import SECRET, Span
from tarsd.redaction.views import reading, resolved, squeezed

PIECE = 12
"""Characters of a random value that are hidden where the rest of it was cut off or wrapped behind a prefix."""

JOINED = 8
"""Bytes of a needle from which on blanks within a line may part it; `let me in` is no `letmein`."""

SHORTEST_BARE = 4
"""Bytes that must be left of a needle without what is dropped; below SHORTEST that must be there, too."""

_WORD = re.compile(rb"[\w-]")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_BLANK_WITHIN = re.compile(rb"[^\s\\][ \t]+[^\s\\]")
_KEY = re.compile(
    rb"(?:pass|pwd|secret|token|key|cred|auth|login|\bpin\b|\bpw)[\w.\-\]]{0,40}['\"]?\s{0,8}(?:=>|[:=>\s])\s{0,8}\\?['\"]?$"
    rb"|://[^\s/@:]{0,64}:$|\s-[a-z]?p\s?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Hit:
    """A span, and which of the known it covers."""

    span: Span
    known: Known


class Matcher:
    """Made once of an inventory; asked for each piece of text."""

    def __init__(self, inventory: Inventory) -> None:
        needles = inventory.needles()
        pieces = dict(_pieces(inventory.knowns))
        plain = {**pieces, **needles}
        self._plain = list(plain.items())
        self._pieces = frozenset(set(pieces) - set(needles))
        joined: dict[bytes, Known] = {}
        for needle, known in needles.items():
            # a value may hold what looks like an escape, and be parted within it or not
            for bare in (squeezed(needle), squeezed(resolved(needle))):
                if known.kind == SECRET and len(bare) >= SHORTEST_BARE:
                    joined.setdefault(bare, known)
        self._joined = list(joined.items())
        self._finds_plain = automaton([needle for needle, _ in self._plain])
        self._finds_joined = automaton([needle for needle, _ in self._joined])
        self._short = _Short(inventory.short)
        self.longest = max(map(len, plain), default=0)

    def hits(self, text: bytes, depth: int = 0) -> list[Hit]:
        """All there are, in no order; they may overlap. `depth`: of layers that the text was taken out of."""
        whole: list[Hit] = []
        pieces: list[tuple[int, int, Known]] = []
        for number, start, end in _found(self._finds_plain, text):
            needle, known = self._plain[number]
            if needle in self._pieces:
                pieces.append((start, end, known))
            elif known.kind == SECRET:
                whole.append(_hit(*_with_edges(text, start, end, needle, known), known, "plain"))
            elif _stands_alone(text, start, end):
                whole.append(_hit(start, end, known, "word"))
        whole += self._short.hits(text)
        rest = _struck_out(text, whole) if whole else text
        left = [it for it in pieces if rest[it[0]]]
        cut = [_hit(*_whole_piece(text, *it), it[2], "piece") for it in left]
        inside = self._within(rest, depth) if depth < DEEPEST else ()
        return [*whole, *cut, *self._put_together(rest), *inside]

    def _within(self, text: bytes, depth: int) -> Iterator[Hit]:
        """In what is embedded: all of it is searched at once."""
        layers = list(embedded(text))
        if not layers:
            return
        starts = [0, *accumulate(len(it.content) + 1 for it in layers)]
        for hit in self.hits(b"\n".join(it.content for it in layers), depth + 1):
            number = bisect_right(starts, hit.span.start) - 1
            end = min(hit.span.end, starts[number + 1] - 1)
            if end > hit.span.start:
                place = layers[number].place(hit.span.start - starts[number], end - starts[number])
                yield _hit(*place, hit.known, "embedded")

    def _put_together(self, text: bytes) -> Iterator[Hit]:
        view = reading(text)
        for number, start, end in _found(self._finds_joined, view.text):
            needle, known = self._joined[number]
            first, last = view.origin(start, end)
            if len(needle) < SHORTEST and not _is_whole(text, first, last, known):
                continue
            if len(needle) >= JOINED or not _BLANK_WITHIN.search(resolved(text[first:last])):
                yield _hit(first, last, known, "joined")


def _is_whole(text: bytes, start: int, end: int, known: Known) -> bool:
    """Whether it stands there with what was dropped of it: `$`, quotes and the like."""
    return known.value.encode() in resolved(text[max(0, start - 2) : end + 2])


def automaton(needles: list[bytes]) -> BytesAhoCorasick | None:
    """One that finds them all in one go; None where there is nothing to find."""
    if not needles:
        return None
    return BytesAhoCorasick(needles, implementation=Implementation.ContiguousNFA)


def _found(finds: BytesAhoCorasick | None, text: bytes) -> list[tuple[int, int, int]]:
    """Number of a needle, from and to; all of them."""
    return finds.find_matches_as_indexes(text, overlapping=True) if finds else []


def _hit(start: int, end: int, known: Known, how: str) -> Hit:
    return Hit(Span(start, end, known.kind, f"known/{how}"), known)


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    beside = text[max(start - 1, 0) : start], text[end : end + 1]
    return not any(_WORD.match(it) for it in beside)


def _struck_out(text: bytes, hits: list[Hit]) -> bytes:
    """The text with what was found struck out, every other byte where it was."""
    rest = bytearray(text)
    for hit in hits:
        rest[hit.span.start : hit.span.end] = bytes(hit.span.end - hit.span.start)
    return bytes(rest)


_DRAWN = re.compile(rb"[0-9a-f]{24,}|[0-9A-F]{24,}")
"""Drawn by chance as hex: each piece of it is as much by chance, also one without a letter."""

_MIXED = re.compile(rb"(?=(?:.*?\d){2})(?=(?:.*?[A-Za-z]){2})", re.DOTALL)
"""No word, which a log may hold for another reason."""


def _pieces(knowns: tuple[Known, ...]) -> Iterator[tuple[bytes, Known]]:
    """Of random values: so many that of one cut in two the longer half holds one."""
    for known in knowns:
        value = known.value.encode()
        size = min(PIECE, len(value) // 2)
        if known.kind != SECRET or size < JOINED or not re.fullmatch(rb"[\w+/=.-]+", value):
            continue
        for at in (*range(0, len(value) - size, size), len(value) - size):
            piece = value[at : at + size]
            if _DRAWN.fullmatch(value) or _MIXED.match(piece):
                yield piece, known


def _whole_piece(text: bytes, start: int, end: int, known: Known) -> tuple[int, int]:
    """As much of the value as stands there."""
    value = known.value.encode()
    at = value.find(text[start:end])
    after = at + end - start
    while at > 0 and start > 0 and text[start - 1] == value[at - 1]:
        start, at = start - 1, at - 1
    while after < len(value) and end < len(text) and text[end] == value[after]:
        end, after = end + 1, after + 1
    return start, end


def _with_edges(text: bytes, start: int, end: int, needle: bytes, known: Known) -> tuple[int, int]:
    """In base64 the characters beside hold some bits of it, too; they go with it, and the padding."""
    value = known.value.encode()
    if needle == value or not _BASE64.issuperset(needle) or needle in value:
        return start, end
    if start and text[start - 1] in _BASE64:
        start -= 1
    if end < len(text) and text[end] in _BASE64:
        end += 1
    while end < len(text) and text[end : end + 1] == b"=" and end - start < len(needle) + 4:
        end += 1
    return start, end


class _Short:
    """Values too short to be looked for everywhere, and those that are words: beside a key."""

    def __init__(self, knowns: tuple[Known, ...]) -> None:
        self._by_value: Mapping[bytes, Known] = {known.value.encode(): known for known in knowns}
        ordered = sorted(self._by_value, key=len, reverse=True)
        values = b"|".join(map(re.escape, ordered))
        self._pattern = re.compile(rb"[:=>\s'\"p](" + values + rb")(?![\w.-])") if ordered else None

    def hits(self, text: bytes) -> Iterator[Hit]:
        """Those beside a key."""
        if self._pattern is None:
            return
        for match in self._pattern.finditer(text):
            start, end = match.span(1)
            if _KEY.search(text[max(0, start - 100) : start]):
                known = self._by_value[match[1]]
                yield _hit(start, end, known, "beside-a-key")
