"""Private keys in PEM, whole or cut off at either end, with line breaks as they are or written as \\n."""

import re
from collections.abc import Iterator

from tarsd.redaction.spans import SECRET, Span

_BREAK = rb"(?:\\+r\\+n|\\+n|\r?\n|[ \t]|&#10;|%0[aAdD]|\\+u000[aA])"
_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(rb"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(
    rb"(?:"
    + _BREAK
    + rb"|[A-Za-z0-9+/=]{1,80}(?="
    + _BREAK
    + rb"|-----|[\"'<]|\Z)|[A-Z][\w-]+: [^\n\\]*|[|>$#]|[\"',+])*"
)
_LINE_OF_KEY = re.compile(rb"[^\n]{0,160}?[A-Za-z0-9+/=]{16,76}[\"',\\nr ]*")
_APART = 64
_MOST = 16 * 1024


def find(text: bytes, start: int, stop: int) -> Iterator[Span]:
    """The keys that begin or end in a region; they reach out of it."""
    done = start
    for begin in _BEGIN.finditer(text, start, stop):
        if begin.start() < done:
            continue
        end = _END.search(text, begin.end(), begin.end() + _MOST)
        if end:
            done = end.end()
            yield Span(begin.end(), end.start(), SECRET, "pem/private-key")
            continue
        body = _BODY.match(text, begin.end(), begin.end() + _MOST)
        done = body.end() if body else begin.end()
        if body and body.end() > begin.end():
            yield Span(begin.end(), body.end(), SECRET, "pem/private-key-cut-off")
    last = -_APART
    for end in _END.finditer(text, start, stop):
        if end.start() - last < _APART:
            last = end.end()
            continue  # no key is so short
        last = end.end()
        head = text[max(0, end.start() - _MOST) : end.start()]
        if _BEGIN.search(head):
            continue
        begin = _first_line(text, end.start())
        if begin < end.start():
            yield Span(begin, end.start(), SECRET, "pem/private-key-cut-off")


def _first_line(text: bytes, end: int) -> int:
    """Where the lines of base64 above a key's end begin."""
    border = text.rfind(b"\n", max(0, end - 200), end)
    first = end
    while border > 0 and end - border < _MOST:
        above = text.rfind(b"\n", max(0, border - 300), border)
        if not _LINE_OF_KEY.fullmatch(
            text, above + 1 if above >= 0 else max(0, border - 300), border
        ):
            break
        first = above + 1 if above >= 0 else max(0, border - 300)
        border = above
    return first
