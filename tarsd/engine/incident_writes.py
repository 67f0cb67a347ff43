"""Writes on their way to the ledger: in order, kept while the disk refuses, each done once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable
from tarsd.store.ledger import token

PATIENCE = 2.0
"""Seconds for which whoever brings a write waits for the disk; the write itself goes on."""

MOST_KEPT = 1000
"""Writes kept for a disk that is away; beyond that, what only adds a line is dropped and counted."""


@dataclass
class Write:
    """`run` is given the write's token; `tell` tells the journal, once, whether the disk takes it or not."""

    run: Callable[[str], Awaitable[None]]
    tell: Callable[[], None] = lambda: None
    only_a_line: bool = False
    name: str = field(default_factory=token)
    told: bool = False

    def tell_once(self) -> None:
        """Tell it unless that has been done."""
        if not self.told:
            self.told = True
            self.tell()


class Writes:
    """One at a time, oldest first."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._kept: deque[Write] = deque()
        self._at_work: asyncio.Task[None] | None = None
        self._since = 0.0
        self._refused: str | None = None
        self.dropped = 0

    @property
    def pending(self) -> int:
        """How many the disk has not taken yet."""
        return len(self._kept)

    def add(self, write: Write) -> None:
        """Put it behind the others; flush() brings it to the disk."""
        if write.only_a_line and len(self._kept) >= MOST_KEPT:
            self.dropped += 1
            return
        self._kept.append(write)

    async def flush(self) -> bool:
        """Bring all to the disk, or as many as it takes; waits PATIENCE at most. Whether none is left."""
        brought = list(self._kept)
        if self._kept:
            now = asyncio.get_running_loop().time()
            if self._at_work is None or self._at_work.done():
                self._at_work, self._since = asyncio.create_task(self._work()), now
            # who comes later does not wait as long again for the same silence
            await asyncio.wait([self._at_work], timeout=max(self._since + PATIENCE - now, 0))
        for write in brought:
            write.tell_once()
        return not self._kept

    async def close(self) -> None:
        """One last attempt."""
        await self.flush()
        if self._at_work is not None:
            self._at_work.cancel()

    async def _work(self) -> None:
        while self._kept:
            write = self._kept[0]
            try:
                await write.run(write.name)
            except StateUnavailable as error:
                self._say_refused(error.message)
                return
            except Exception:  # noqa: BLE001  one that can never be written must not hold up all others
                self._log.exception("incident.defect")
            self._kept.popleft()
            write.tell_once()
        if self._refused is not None:
            self._refused = None
            self._log.info("incident.recorded", dropped=self.dropped)

    def _say_refused(self, message: str) -> None:
        """Once per outage of the disk."""
        if self._refused is None:
            self._log.error("incident.unrecorded", message=message)
        self._refused = message
