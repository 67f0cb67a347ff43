"""The outbox: every notice, in memory and on disk, so that nothing is lost or told twice whatever ends in between.

Memory goes on while the disk is away, for that may be what is to be told: what it does not take is written when it does.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from tarsd.alerts.notice import OVER, Kind, Notice, State
from tarsd.errors import StateUnavailable
from tarsd.store.outbox import Kept, OutboxStore
from tarsd.times import iso, moment

PATIENCE = 2.0
"""Seconds for which a message waits for the disk to know of it; then it is sent all the same."""

REMEMBERED = timedelta(days=14)
"""For so long it is known that something was told: nothing that an incident's records bring up again is told twice."""

MOST_KEPT = 1000
"""Notices in memory; of those that are over the oldest go first."""


class Outbox:
    """`wall` dates what happens. Nothing here raises for the disk's sake."""

    def __init__(
        self, store: OutboxStore, log: FilteringBoundLogger, wall: Callable[[], datetime]
    ) -> None:
        self.store = store
        self._log = log
        self._wall = wall
        self._notices: dict[str, Notice] = {}
        self._by_base: dict[str, dict[str, None]] = {}
        self._live: dict[str, None] = {}
        """Keys of those that are not over."""
        self._unwritten: dict[str, Notice] = {}
        self._writing: asyncio.Task[None] | None = None
        self._refused = False

    @property
    def notices(self) -> Sequence[Notice]:
        """All that are remembered, in the order in which they were made."""
        return list(self._notices.values())

    @property
    def unwritten(self) -> int:
        """How many the disk does not know as they are."""
        return len(self._unwritten)

    def take_over(self, kept: Kept) -> None:
        """What an earlier daemon knew; memory is right about what it has itself."""
        old = self._wall() - REMEMBERED
        found = {
            it.key: it
            for it in kept.notices
            if it.state not in OVER or it.ended is None or moment(it.ended) >= old
        }
        newer, self._notices = self._notices, {}
        self._unwritten |= {key: it for key, it in newer.items() if found.get(key) != it}
        self._by_base, self._live = {}, {}
        for notice in (found | newer).values():
            self._place(notice)

    def add(self, notices: Iterable[Notice]) -> Sequence[Notice]:
        """Those that were not there yet."""
        new = [it for it in notices if it.key not in self._notices]
        for notice in new:
            self._put(notice)
        return new

    def change(self, notices: Iterable[Notice], **changes: object) -> Sequence[Notice]:
        """Change fields of them, all alike; returns them as they are now."""
        changed = [replace(it, **changes) for it in notices]  # pyright: ignore[reportArgumentType]  fields by name
        for notice in changed:
            self._put(notice)
        return changed

    def end(
        self, notices: Iterable[Notice], state: State, why: str | None = None
    ) -> Sequence[Notice]:
        """Nothing more is done about them."""
        return self.change(notices, state=state, ended=iso(self._wall()), why=why)

    def of(self, base: str) -> Sequence[Notice]:
        """Those of one incident."""
        return [self._notices[key] for key in self._by_base.get(base, ())]

    @property
    def live(self) -> Sequence[Notice]:
        """Those that are not over."""
        return [self._notices[key] for key in self._live]

    def waiting(self, channel: str) -> Sequence[Notice]:
        """What it is still to be told."""
        return [it for it in self.live if it.channel == channel and it.state is State.WAITING]

    def counts(self) -> Mapping[str, int]:
        """How many there are in each state."""
        found = dict.fromkeys((state.value for state in State), 0)
        for notice in self._notices.values():
            found[notice.state.value] += 1
        return found

    def told(self, base: str, channel: str) -> bool:
        """Whether that channel has been told, or is being told, that it is open and not yet that it is over."""
        kinds = [it.kind for it in self.of(base) if it.channel == channel and _counts(it)]
        return bool(kinds) and kinds[-1] is not Kind.RESOLVED

    async def flush(self) -> bool:
        """Bring everything to the disk, or wait PATIENCE for it; whether it has all."""
        if self._unwritten:
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write())
            await asyncio.wait([self._writing], timeout=PATIENCE)
        return not self._unwritten

    async def close(self) -> None:
        """One last attempt."""
        await self.flush()
        if self._writing is not None:
            self._writing.cancel()

    def _put(self, notice: Notice) -> None:
        self._place(notice)
        self._unwritten[notice.key] = notice
        if len(self._notices) > MOST_KEPT:
            oldest = next((it for it in self._notices.values() if it.state in OVER), None)
            if oldest is not None:
                del self._notices[oldest.key]
                del self._by_base[oldest.base][oldest.key]

    def _place(self, notice: Notice) -> None:
        self._notices[notice.key] = notice
        self._by_base.setdefault(notice.base, {})[notice.key] = None
        if notice.state in OVER:
            self._live.pop(notice.key, None)
        else:
            self._live[notice.key] = None

    async def _write(self) -> None:
        while self._unwritten:
            batch = dict(self._unwritten)
            try:
                await self.store.save(list(batch.values()))
            except StateUnavailable as error:
                if not self._refused:
                    self._log.error("alerts.unrecorded", message=error.message)
                self._refused = True
                return
            for key, notice in batch.items():
                if self._unwritten.get(key) is notice:  # or it has moved on meanwhile
                    del self._unwritten[key]
        if self._refused:
            self._refused = False
            self._log.info("alerts.recorded")


def _counts(notice: Notice) -> bool:
    return notice.state is not State.DROPPED and notice.kind is not Kind.CHANGE
