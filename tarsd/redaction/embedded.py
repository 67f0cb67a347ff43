"""Text within text, as base64 or hex, packed or not: where it stands, and what it says."""

import base64
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

SHORTEST_RUN = 20
"""Signs of base64 side by side that are worth to be read."""

DEEPEST = 3
"""Layers within layers that are read."""

_LINE = 40
"""Signs in a line from which on base64 may go on in the next one."""

_MOST = 4 << 20
"""Bytes that are unpacked of one piece of text; what is larger the gate withholds."""

_CLASS = bytes.maketrans(
    bytes(range(256)),
    bytes(
        0x61 if chr(it) in "+/_-" or (it < 128 and chr(it).isalnum()) else 0x20 for it in range(256)
    ),
)
_RUN = b"a" * SHORTEST_RUN
_ON = re.compile(rb"(?:\\?\r?\n[ \t]*|\\r\\n|\\n)(?=[A-Za-z0-9+/_-]{4})")
_BREAKS = (b"\n", b"\r", b"\\")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_HEX = re.compile(rb"[0-9a-fA-F]+")
_HEX_TEXT = re.compile(rb"(?:[2-7][0-9a-fA-F](?:00)?){10,}")
_READABLE = re.compile(rb"(?:[\t\n\r\x1b -~\0]|[\xc2-\xf4][\x80-\xbf]{1,3}){10}")
_PACKED = re.compile(rb"H4sI|\A(?:eJ[\w+/]|eNo|eAE|eF4)")

Places = Callable[[int, int], tuple[int, int]]


class Embedded(NamedTuple):
    """`content` is what is meant; `place` says where in the text a part of it stands."""

    content: bytes
    place: Places


class _Run(NamedTuple):
    """Signs, joined over lines, and where each line of them begins: among the signs, and in the text."""

    signs: bytes
    begins: list[int]
    starts: list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        return self._at(start), self._at(end - 1) + 1

    def _at(self, sign: int) -> int:
        line = bisect_right(self.begins, sign) - 1
        return self.starts[line] + sign - self.begins[line]


def embedded(text: bytes) -> Iterator[Embedded]:
    """All there is that can be read."""
    room = _MOST
    for run in _runs(text):
        yield from _from_hex(run)
        if not run.signs.islower() and not _HEX.fullmatch(run.signs):
            yield from _from_base64(run)
            packed = _PACKED.search(run.signs)
            if packed and room > 0:
                content = _unpacked(run.signs[packed.start() :], room)
                room -= len(content)
                if content:
                    whole = run.place(packed.start(), len(run.signs))
                    yield Embedded(content, _all_of(*whole))


def _all_of(start: int, end: int) -> Places:
    """What is packed has no places of its own."""

    def place(_start: int, _end: int) -> tuple[int, int]:
        return start, end

    return place


def _runs(text: bytes) -> Iterator[_Run]:
    plain = text.translate(_CLASS)
    start = plain.find(_RUN)
    while start >= 0:
        end = plain.find(b" ", start)
        end = len(plain) if end < 0 else end
        if end - start >= _LINE and text[end : end + 1] in _BREAKS:
            run, end = _over_lines(text, plain, start, end)
        else:
            run = _Run(text[start:end], [0], [start])
        if not run.signs.islower() or _HEX_TEXT.search(run.signs):
            yield run
        start = plain.find(_RUN, end)


def _over_lines(text: bytes, plain: bytes, start: int, end: int) -> tuple[_Run, int]:
    """One that may go on in the lines below, and where it ends."""
    pieces, begins, starts = [text[start:end]], [0], [start]
    while end - start >= _LINE and (on := _ON.match(text, end)):
        begins.append(begins[-1] + end - start)
        start = on.end()
        end = plain.find(b" ", start)
        end = len(plain) if end < 0 else end
        pieces.append(text[start:end])
        starts.append(start)
    return _Run(b"".join(pieces), begins, starts), end


def _from_hex(run: _Run) -> Iterator[Embedded]:
    for found in _HEX_TEXT.finditer(run.signs):
        first = found.start()

        def place(start: int, end: int, first: int = first) -> tuple[int, int]:
            return run.place(first + 2 * start, first + 2 * end)

        yield Embedded(bytes.fromhex(found[0].decode()), place)


def _from_base64(run: _Run) -> Iterator[Embedded]:
    """At each of four places where its first letter may begin: what stands before it belongs to the run, too."""
    signs = run.signs.translate(_URL_SAFE)
    for first in range(4):
        coded = signs[first:]
        content = base64.b64decode(coded + b"A" * (-len(coded) % 4))
        if not _READABLE.search(content):
            continue

        def place(start: int, end: int, first: int = first) -> tuple[int, int]:
            last = first + (end - 1) * 4 // 3 + 2
            return run.place(first + start * 4 // 3, min(last, len(run.signs)))

        yield Embedded(content, place)


def _unpacked(signs: bytes, room: int) -> bytes:
    """What gzip or zlib made the run of, as far as it can be read."""
    coded = signs.translate(_URL_SAFE)
    packed = base64.b64decode(coded[: len(coded) // 4 * 4] + _rest(coded))
    unpack, found = zlib.decompressobj(47), bytearray()
    try:
        for at in range(0, len(packed), 4096):
            found += unpack.decompress(packed[at : at + 4096], max(1, room - len(found)))
            if len(found) >= room:
                break
    except zlib.error:
        pass  # cut off, or none: what was read so far is what there is
    return bytes(found)


def _rest(coded: bytes) -> bytes:
    """The last signs, if they hold a byte."""
    left = len(coded) % 4
    return coded[-left:] + b"=" * (4 - left) if left > 1 else b""
