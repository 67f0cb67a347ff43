"""JSON lines out of a stream that may send anything."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

LONGEST = 1 << 20
"""Bytes of one line that is read; a container's labels are in each of its events, and most are below 4 KB together."""


async def json_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[Sequence[Any]]:
    """What came whole with each piece, in order; a line that is too long or not JSON is passed over, and never kept."""
    rest = b""
    skipping = False
    async for piece in pieces:
        *whole, end = piece.split(b"\n")
        if whole:
            first = b"" if skipping else rest + whole[0]
            yield [it for it in map(_value, [first, *whole[1:]]) if it is not None]
            rest, skipping = end, False
        elif not skipping:
            rest += end
        if len(rest) > LONGEST:
            rest, skipping = b"", True


def _value(line: bytes) -> Any:
    if len(line) > LONGEST or not line.strip():
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # RecursionError: brackets without end
        return None
