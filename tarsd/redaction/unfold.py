"""The gate's reading of base64 and hex within text, packed or not: nothing is shared with embedded.py, the redactor's."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

DEEPEST = 4
"""Layers within layers."""

LARGEST = 32 << 20
"""Bytes that may be unpacked of a piece of text: more is no diagnostic, and what nobody has read is not handed out."""

LONGEST = 2 << 20
"""Bytes of one packed run that may be kept until it is whole."""

_WORDS = bytes.maketrans(b"-_", b"+/")
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_MARKED = bytes(0x2E if it in _ALPHABET else 0x20 for it in range(256))
_LEAST = b"." * 20
_SHOWN = re.compile(
    rb"(?:[\t\n\r\x1b\0 -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){10,}"
)
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_HEX_SHOWN = re.compile(rb"(?:[2-7][0-9A-Fa-f](?:00)?){10,}")
_NEXT_LINE = re.compile(rb"(?:\\*\r?\n[ \t]*|(?:\\+r)?\\+n)")
_BREAKS = (b"\n", b"\r", b"\\")
_HEAD = re.compile(rb"H4sI|^(?:eJ|eN|eA|eF)")


class TooLarge(Exception):
    """Something packed that cannot be read within the limits."""


class Unfolded(NamedTuple):
    """What may be meant, and where something packed begins that may go on beyond the end (there, if nothing does)."""

    meanings: list[bytes]
    open_end: int


def unfolded(text: bytes) -> Unfolded:
    """Of all base64 and hex in it. Raises TooLarge."""
    found: list[bytes] = []
    room, open_end = LARGEST, len(text)
    for start, end, run in _runs(text):
        found += [shown[0] for it in _meanings(run) for shown in _SHOWN.finditer(it)]
        for head in _HEAD.finditer(run):
            inner = _inflated(run[head.start() :], room)
            room -= len(inner)
            found.append(inner)
            if end == len(text):
                open_end = min(open_end, start)
    return Unfolded(found, open_end)


def _runs(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    marked = text.translate(_MARKED)
    start = marked.find(_LEAST)
    while start >= 0:
        first = start
        end = _end(marked, start)
        lines = [text[start:end]]
        while text[end : end + 1] in _BREAKS and (border := _NEXT_LINE.match(text, end)):
            start, end = border.end(), _end(marked, border.end())
            lines.append(text[start:end])
            if end - start < len(_LEAST):
                break
        yield first, end, b"".join(lines)
        start = marked.find(_LEAST, end)


def _end(marked: bytes, start: int) -> int:
    end = marked.find(b" ", start)
    return len(marked) if end < 0 else end


def _meanings(run: bytes) -> Iterator[bytes]:
    for digits in _HEX_SHOWN.finditer(run):
        yield binascii.unhexlify(digits[0])
    if not run.islower() and not _HEX.fullmatch(run):
        yield from map(_decoded, (run, run[1:], run[2:], run[3:]))


def _decoded(run: bytes) -> bytes:
    return base64.b64decode(run.translate(_WORDS) + b"AAA"[: -len(run) % 4])


def _inflated(run: bytes, room: int) -> bytes:
    """As far as it goes: a log may have cut it off."""
    machine, packed, inner = zlib.decompressobj(wbits=47), _decoded(run), bytearray()
    for at in range(0, len(packed), 4096):
        try:
            inner += machine.decompress(packed[at : at + 4096], room + 1 - len(inner))
        except zlib.error:
            break
        if len(inner) > room:
            raise TooLarge
        if machine.eof:
            break
    return bytes(inner)
