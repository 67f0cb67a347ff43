"""The Engine's stream of standard output and error in one: eight bytes before each piece say which and how long."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import StreamReader

ERRORS = 2
"""The number of standard error."""


async def frames(content: StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Each piece with the number of its stream, until the Engine has no more."""
    try:
        while True:
            header = await content.readexactly(8)
            yield header[0], await content.readexactly(int.from_bytes(header[4:], "big"))
    except asyncio.IncompleteReadError:
        return
