"""Keeps the Engine's events coming, whatever becomes of it, and the truth looked after meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

from structlog.typing import FilteringBoundLogger

from tarsd.engine.truth import Notice, Resync, Truth
from tarsd.errors import EngineRefused, EngineUnavailable, JobFailed
from tarsd.host.docker_api import DEADLINE
from tarsd.host.engine_events import EngineEvent, EngineEvents
from tarsd.host.engine_unit import FIRST_DELAY, LONGEST_DELAY, EngineUnit
from tarsd.host.sleep import slept

SOON, LATE = 0.1, 5.0
"""Seconds before the stream is opened again: at first, and at most."""

EVERY = 30.0
"""Seconds between two looks at everything."""

UNHEARD = 2.0
"""Seconds between two looks at an Engine that does not answer, beside the 5 that each takes: hung is told within 20 s."""


class Following:
    """Runs until it is cancelled. `unit` is None where the Engine is not docker.service's.

    `first` tells from when on an earlier daemon has not followed them; None: what happened before is not asked for.
    `reloaded` is called when systemd has read its units anew.
    """

    def __init__(
        self,
        truth: Truth,
        events: EngineEvents,
        unit: EngineUnit | None,
        log: FilteringBoundLogger,
        wall: Callable[[], int] = time.time_ns,
        asleep: Callable[[], float] = slept,
        jitter: Callable[[float, float], float] = random.uniform,
        first: Callable[[], Awaitable[int | None]] | None = None,
        reloaded: Callable[[], None] = lambda: None,
    ) -> None:
        self._truth = truth
        self._events = events
        self._unit = unit
        self._log = log
        self._wall = wall
        self._asleep = asleep
        self._jitter = jitter
        self._first = first
        self._reloaded = reloaded
        self._since: int | None = None
        self._lost = False
        self._answers = False
        self._again = asyncio.Event()
        self._close = asyncio.Event()
        self._stirred = asyncio.Event()
        self._woke = False
        truth.subscribe(self._note)

    async def run(self) -> None:
        """For ever."""
        parts = [self._stream(), self._regularly()]
        if self._unit is not None:
            parts.append(self._watch(self._unit))
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._truth.stop()

    async def _stream(self) -> None:
        delay = SOON
        while True:
            self._again.clear()
            self._close.clear()
            if self._leaves():
                await self._truth.look("leaving")
                await self._again.wait()
                delay = SOON
                continue
            delay = SOON if await self._once() else min(delay * 2, LATE)
            if not self._leaves():
                await self._truth.look("lost")
                await self._pause(self._jitter(delay / 2, delay))

    async def _pause(self, seconds: float) -> None:
        """Or until the Engine is heard of."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._again.wait(), seconds)

    async def _once(self) -> bool:
        """One stream from its beginning to its end; whether it was one."""
        if self._since is None and self._first is not None:
            self._since = await self._first()
        try:
            async with self._events.subscribe(self._since) as batches:
                self._truth.opened()
                if self._since is None:
                    self._since = self._wall()
                if (await self._truth.look("connected")).containers is None:
                    return False
                if self._lost:
                    self._log.info("engine.followed")
                self._lost = False
                await self._hand_on(batches)
                self._tell_loss(
                    f"docker.service is {self._unit.state}"
                    if self._unit is not None and self._unit.leaving
                    else "the stream has ended"
                )
                return True
        except (EngineUnavailable, EngineRefused) as error:
            self._tell_loss(error.message)
            return False
        finally:
            self._truth.closed()

    async def _hand_on(self, batches: AsyncIterator[Sequence[EngineEvent]]) -> None:
        """Until the stream ends, or must be closed."""
        reading = asyncio.ensure_future(self._read(batches))
        closing = asyncio.ensure_future(self._close.wait())
        try:
            await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
        finally:
            reading.cancel()
            closing.cancel()
            await asyncio.wait({reading, closing})

    async def _read(self, batches: AsyncIterator[Sequence[EngineEvent]]) -> None:
        async for batch in batches:
            self._since = min(
                batch[-1].at, self._wall()
            )  # one from the future would hide all others
            await self._truth.take(batch)

    async def _regularly(self) -> None:
        asleep = self._asleep()
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), self._until_due())
            self._stirred.clear()
            nap, asleep = self._asleep() - asleep, self._asleep()
            woke = self._woke or nap > 1.0
            self._woke = False
            if nap > 1.0:
                self._log.info("machine.woke", slept_seconds=round(nap))
            if woke or self._until_due() <= 0:
                await self._truth.look("woke" if woke else "regular")

    def _until_due(self) -> float:
        """Seconds; a look that somebody asked for does as well."""
        latest = self._truth.snapshot
        if latest is None:
            return EVERY
        heard = self._truth.engine.status not in ("unknown", "hung")
        every = EVERY if heard else DEADLINE + UNHEARD
        return latest.at + every - asyncio.get_running_loop().time()

    async def _watch(self, unit: EngineUnit) -> None:
        delay = FIRST_DELAY
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await unit.follow(self._unit_changed, self._wake, self._reloaded)
            except JobFailed as error:
                if delay == FIRST_DELAY:
                    self._log.warning("engine.unit-unknown", message=error.message)
            self._unit_changed()
            if asyncio.get_running_loop().time() - began > LONGEST_DELAY:
                delay = FIRST_DELAY
            await asyncio.sleep(self._jitter(delay / 2, delay))
            delay = min(delay * 2, LONGEST_DELAY)

    def _wake(self) -> None:
        """The machine has slept."""
        self._woke = True
        self._stirred.set()

    def _unit_changed(self) -> None:
        if self._leaves():
            self._close.set()
        self._again.set()

    def _leaves(self) -> bool:
        return self._unit is not None and self._unit.leaving

    def _note(self, notice: Notice) -> None:
        """An Engine that answers again is followed at once; one whose events do not come is asked for them anew."""
        if not isinstance(notice, Resync):
            return
        if notice.now.engine.answers and not self._answers:
            self._again.set()
        if notice.now.engine.answers is not self._answers:
            self._stirred.set()  # the next look is due at another time
        self._answers = notice.now.engine.answers
        if self._truth.deafness.found:
            self._log.warning("engine.deaf")
            self._close.set()

    def _tell_loss(self, why: str) -> None:
        if not self._lost:
            self._log.warning("engine.lost", message=why)
        self._lost = True
