"""Takes a picture of everything once a minute, and at once where the monitor has seen something turn."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable

from structlog.typing import FilteringBoundLogger

from tarsd.host.resources import Meter
from tarsd.observe.model import Status
from tarsd.observe.picture import CardsSeen, Picture, Seen, Stock

EVERY = 60.0
"""Seconds between two pictures while nothing happens."""

APART = 0.5
"""Seconds between two pictures at least: a storm of events makes two a second."""

DEADLINE = 10.0
"""Seconds for the status, whose parts have deadlines of their own."""


class Watcher:
    """`status` makes the verdict, `mark` is what must differ for an unscheduled picture; both ask memory before anybody.

    Subscribers are told each new picture, and must not raise.
    """

    def __init__(
        self,
        status: Callable[[], Awaitable[Status]],
        mark: Callable[[], Hashable],
        seen: Callable[[], Seen],
        cards: Callable[[float], CardsSeen],
        stock: Callable[[], Stock],
        log: FilteringBoundLogger,
        meter: Meter | None = None,
    ) -> None:
        self._status = status
        self._mark = mark
        self._seen = seen
        self._cards = cards
        self._stock = stock
        self._log = log
        self._meter = meter or Meter()
        self._poked = asyncio.Event()
        self._marked: Hashable = None
        self._subscribers: list[Callable[[Picture], None]] = []
        self.latest = Picture()

    def subscribe(self, told: Callable[[Picture], None]) -> None:
        """Each picture from now on."""
        self._subscribers.append(told)

    def poke(self) -> None:
        """A round has ended, or something else may have turned: cheap where nothing has."""
        self._poked.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.take()
            await asyncio.sleep(APART)
            await self._until_due()

    async def take(self) -> Picture:
        """One picture, now; told to every subscriber."""
        self._poked.clear()
        self._marked = self._mark()
        status, why = await self._judge()
        at = asyncio.get_running_loop().time()
        self.latest = Picture(
            number=self.latest.number + 1,
            at=at,
            taken=time.time(),
            status=status,
            why=why,
            resources=self._meter.look(),
            cards=self._cards(at),
            stock=self._stock(),
            seen=self._seen(),
        )
        for told in self._subscribers:
            told(self.latest)
        return self.latest

    async def _judge(self) -> tuple[Status | None, str]:
        try:
            return await asyncio.wait_for(self._status(), DEADLINE), ""
        except asyncio.TimeoutError:
            return None, f"the parts of the machine did not answer within {DEADLINE:g} s"
        except Exception as error:  # noqa: BLE001  a page without a verdict says so; one that is not there says nothing
            self._log.exception("watcher.defect")
            return None, f"the status could not be made: {error!r}"

    async def _until_due(self) -> None:
        """Not wait_for: before 3.12 it swallows a cancellation that comes together with what it waits for."""
        loop = asyncio.get_running_loop()
        due = self.latest.at + EVERY
        timer = loop.call_at(due, self._poked.set)
        try:
            while loop.time() < due:
                await self._poked.wait()
                self._poked.clear()
                if self._mark() != self._marked:
                    return
        finally:
            timer.cancel()
