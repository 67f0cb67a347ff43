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
_BEFORE = re.compile(
    rb"(?:[^\n]{0,160}?[A-Za-z0-9+/=]{16,76}(?:[\"',\\nr ]|\s)*\n){1,80}[^\n]{0,60}\Z"
)
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
    for end in _END.finditer(text, start, stop):
        head = text[max(0, end.start() - _MOST) : end.start()]
        if _BEGIN.search(head):
            continue
        before = _BEFORE.search(head)
        if before:
            yield Span(
                end.start() - len(head) + before.start(),
                end.start(),
                SECRET,
                "pem/private-key-cut-off",
            )
