"""Since when, and until when, somebody has watched what happens: across ends of the stream and of this daemon."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from tarsd.store.watch import WatchStore
from tarsd.times import from_nanoseconds, to_nanoseconds

REPLAY = 3.0
"""Seconds after the first look for the Engine to tell what it remembers: an event knows more than inspect does."""

KEEP_EVERY = 600.0
"""Seconds between two notes of how far events have been followed; one more is made at the end."""

LOAD = 5.0
"""Seconds that a subscription waits for the note: without it, only what happens from now on is asked for."""

UNDER_WAY = timedelta(seconds=1)
"""By which an event may follow what it tells of; measured 0.1 s from the end of a process."""

LATE_NEWS = timedelta(seconds=120)
"""By which an event may be older than the moment in which it is heard: the Engine's clock is this machine's."""

FUTURE = timedelta(minutes=1)
"""By which a note or an event may be ahead of the clock; beyond it the clock was set back, and it says nothing."""


class Watching:
    """`unjudged` is when the oldest story began that is not at its end: it must be told again after a crash."""

    def __init__(
        self,
        store: WatchStore,
        unjudged: Callable[[], int | None],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._unjudged = unjudged
        self._now = now
        self._loaded = asyncio.Event()
        self._kept: int | None = None
        self._live: float | None = None
        self._back: datetime | None = None
        self._caught_up = False
        self.away: datetime | None = None
        """When the latest absence began; None: nothing was ever watched."""
        self.keep_at = 0.0
        self._keep_by = 0.0

    @property
    def on(self) -> bool:
        """Whether the stream is open, and the first look after that has been taken."""
        return self._live is not None

    @property
    def compare_at(self) -> float | None:
        """When it is time to judge the absence; None while there is nothing to judge."""
        return None if self._caught_up else self._live

    def begin(self, time: float) -> None:
        """The first look after an absence has been taken."""
        self._live, self._back, self._caught_up = time + REPLAY, self._now(), False

    def caught_up(self) -> None:
        """The absence has been judged."""
        self._caught_up = True
        self.keep_at = 0.0

    def end(self) -> None:
        """The stream has ended."""
        self.away = self.followed()
        self._live = None

    def replayed(self, at: int, heard: float) -> bool:
        """Whether what is dated so and was heard then may have come from the Engine's memory, not as it happened."""
        if self._live is None or self._back is None or heard < self._live:
            return True
        return from_nanoseconds(at) < self._back <= self._now()  # unless the clock was set back

    def believes(self, at: int, time: float) -> bool:
        """Whether an event that is heard now can be dated so: neither followed before the absence, nor of another time."""
        moment, now = from_nanoseconds(at), self._now()
        live = self._live is not None and time >= self._live
        if self.away is None or live:
            return abs(moment - now) <= LATE_NEWS
        told = moment < self.away <= now  # unless the clock was set back
        return not told and moment <= now + FUTURE

    def followed(self) -> datetime | None:
        """Until when all that happened was heard and has its verdict."""
        if self._live is None or not self._caught_up:
            return self.away
        begun, heard = self._unjudged(), self._now() - UNDER_WAY
        return heard if begun is None else min(from_nanoseconds(begun) - UNDER_WAY, heard)

    async def since(self) -> int | None:
        """From when on events are to be asked for, in the Engine's nanoseconds; None: from now on."""
        loading = asyncio.ensure_future(self._loaded.wait())
        await asyncio.wait([loading], timeout=LOAD)
        loading.cancel()
        followed = self.followed()
        if followed is None or followed > self._now() + FUTURE:
            return None
        return to_nanoseconds(followed)

    async def load(self) -> None:
        """Read the note, once. Raises StateUnavailable."""
        if self._loaded.is_set():
            return
        self._kept = await self._store.until()
        if self.away is None and self._kept is not None:
            self.away = from_nanoseconds(self._kept)
        self._loaded.set()

    def keep_by(self, time: float) -> None:
        """The next note is due then at the latest."""
        self._keep_by = time
        self.keep_at = min(self.keep_at, time)

    async def keep(self, time: float) -> None:
        """Note how far events were followed, if that is known and further than before. Raises StateUnavailable."""
        self.keep_at = self._keep_by if self._keep_by > time else time + KEEP_EVERY
        followed = self.followed() if self._loaded.is_set() else None
        until = None if followed is None else to_nanoseconds(followed)
        if until is not None and until != self._kept:
            await self._store.keep(until)
            self._kept = until
