"""A stream handed on piece by piece, and whether the one it is handed to still takes it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

from tarsd.errors import EngineUnavailable
from tarsd.host.docker_api import RESTART

T = TypeVar("T")

SILENCE = 300.0
"""Seconds for one piece: the Engine unpacks a layer before it reads on."""

LOOK_EVERY = 5.0


class Feed:
    """aiohttp begins to count silence only once the whole body is sent; this counts before that."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._given: float | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The source's pieces; the time it takes to come up with one is its own."""
        loop = asyncio.get_running_loop()
        async for piece in self._source:
            self._given = loop.time()
            yield piece
            self._given = None

    async def watch(self, work: Awaitable[T]) -> T:
        """The result of what takes the pieces. Raises EngineUnavailable once it leaves one lying for SILENCE seconds."""
        loop = asyncio.get_running_loop()
        taking = asyncio.ensure_future(work)
        try:
            while not taking.done():
                await asyncio.wait({taking}, timeout=LOOK_EVERY)
                if self._given is not None and loop.time() - self._given > SILENCE:
                    raise EngineUnavailable(
                        f"cannot hand the archive over: the Engine has taken nothing for {SILENCE:.0f} s",
                        fix=RESTART,
                    )
            return taking.result()
        finally:
            taking.cancel()
