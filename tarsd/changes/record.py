"""Gets the beginning and the end of a change onto the disk, whatever the disk does meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from structlog.typing import FilteringBoundLogger

from tarsd.changes.model import Change
from tarsd.errors import StateUnavailable, Unsettled
from tarsd.store.changes import ChangeStore

TRY_AGAIN = 5.0
"""Seconds between attempts to record an end on a disk that refuses it, or to undo without an Engine."""


class Record:
    """What the runner asks of the disk beyond a single write."""

    def __init__(self, store: ChangeStore, log: FilteringBoundLogger) -> None:
        self._store = store
        self._log = log
        self._dropping: set[asyncio.Future[None]] = set()

    async def begin(self, change: Change) -> bool:
        """Record a new change and give it its id, in two writes: planned, which alone is never done, and confirmed.

        True: it is confirmed, so a crash does not forget it. False: it may be, which only the disk knows; it is not to be
        called refused, and nothing of it is to be done before settle(). Raises StateUnavailable; then it is never done.
        """
        change.id = await self._store.add(change)
        try:
            await self._store.confirm(change.id)
        except Unsettled as error:
            self._log.error("change.unsettled", change=change.id, error=error.message)
            return False
        except StateUnavailable:
            dropping = asyncio.ensure_future(self._drop(change))
            self._dropping.add(dropping)
            dropping.add_done_callback(self._dropping.discard)
            raise
        return True

    async def settle(self, change: Change) -> None:
        """Return once a change that began unconfirmed is on disk, however long that takes."""
        first = next(iter(change.tasks), None)
        if first is not None:
            first.detail = "waiting for the disk that state.db is on"
        await self.durably(change, partial(self._store.save_change, change))
        if first is not None:
            first.detail = None

    async def durably(self, change: Change, save: Callable[[], Awaitable[None]]) -> None:
        """Get it on disk, however long the disk refuses: an end that is forgotten would be redone."""
        while True:
            try:
                await save()
                return
            except StateUnavailable as error:
                self._log.error("change.unrecorded", change=change.id, error=error.message)
                await asyncio.sleep(TRY_AGAIN)

    async def _drop(self, change: Change) -> None:
        try:
            await self._store.drop(change.id)
        except StateUnavailable as error:  # it stays planned, and the next daemon ends it
            self._log.error("change.undropped", change=change.id, error=error.message)
