"""After a boot: what an interrupted change left is looked at only once the Engine has done its own part."""

import asyncio

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.containers import Containers

QUIET = 3.0
"""Seconds without a change: an Engine that starts brings its containers up one after the other, each within a second."""

LONGEST = 60.0
"""Seconds; who goes on then finds out for himself what is wrong."""

LOOK_EVERY = 0.5


class Settle:
    """Docker starts containers again by itself after a power cut, and answers before it is through with that.

    A change resumed meanwhile met ports held by containers that it could not see yet, and was undone.
    """

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    async def __call__(self) -> None:
        """Return once the stack's containers have not changed for QUIET seconds, at most LONGEST seconds later."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST
        seen, since = await self._look(), loop.time()
        while loop.time() < end and (seen is None or loop.time() - since < QUIET):
            await asyncio.sleep(LOOK_EVERY)
            now = await self._look()
            if now != seen:
                seen, since = now, loop.time()

    async def _look(self) -> frozenset[tuple[str, str, str]] | None:
        """What there is and how it is; None where the Engine cannot be asked."""
        try:
            found = await self._containers.all()
        except (EngineRefused, EngineUnavailable):
            return None
        return frozenset((it.id, it.state, str(it.started)) for it in found)
