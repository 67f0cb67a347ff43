"""A text without the codes that colour it on a terminal, and where each byte of it was."""

import re
from bisect import bisect_right
from itertools import accumulate

from tarsd.redaction.spans import Span

# The escape itself, and how JSON, Python, syslog and terminals write it.
_SIGNS = (b"\x1b[", b"\\u001b[", b"\\x1b[", b"\\033[", b"#033[", b"^[[")
_CODE = re.compile(rb"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|#033|\^\[)\[[0-9;?]*[A-Za-z]")


class Plain:
    """`text` is what a terminal shows."""

    def __init__(self, coloured: bytes) -> None:
        codes = [code.span() for code in _CODE.finditer(coloured)]
        begins = [0, *(end for _, end in codes)]
        ends = [*(start for start, _ in codes), len(coloured)]
        pieces = [coloured[begin:end] for begin, end in zip(begins, ends, strict=True)]
        self.text = b"".join(pieces)
        self._begins = begins
        self._starts = [0, *accumulate(map(len, pieces))][:-1]

    def back(self, span: Span) -> Span:
        """The same in the coloured text, with the codes that are within."""
        return span._replace(start=self._at(span.start), end=self._at(span.end - 1) + 1)

    def _at(self, place: int) -> int:
        piece = bisect_right(self._starts, place) - 1
        return self._begins[piece] + place - self._starts[piece]


def is_coloured(text: bytes) -> bool:
    """Whether it is worth making another one of it."""
    return any(sign in text for sign in _SIGNS)
