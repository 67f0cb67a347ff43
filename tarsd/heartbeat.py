"""What the daemon does when nobody asks: proves it is alive, says how the stack is, keeps a good copy of its state."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable
from tarsd.host.notify import Notify
from tarsd.observe.model import Status
from tarsd.store import Database

BEAT = 30.0
"""Seconds; a quarter of WatchdogSec=120."""

STATUS_BEATS = 2
COPY_BEATS = 120
"""An hour between good copies; one is made at the first beat, when the database has just proved sound."""


class Heartbeat:
    """Runs until it is cancelled."""

    def __init__(
        self,
        notify: Notify,
        database: Database,
        status: Callable[[], Awaitable[Status]],
        log: FilteringBoundLogger,
    ) -> None:
        self._notify = notify
        self._database = database
        self._status = status
        self._log = log

    async def run(self) -> None:
        """Beat for ever. The watchdog is fed first: what follows has deadlines of its own."""
        beat = 0
        while True:
            self._notify.alive()
            if beat % STATUS_BEATS == 0:
                await self._say()
            if not self._database.writable:
                await self._database.open()
            elif beat % COPY_BEATS == 0:
                await self._copy()
            beat += 1
            await asyncio.sleep(BEAT)

    async def _say(self) -> None:
        found = await self._status()
        self._notify.status(f"{found.overall}: {found.message}")

    async def _copy(self) -> None:
        try:
            await self._database.keep_good_copy()
        except StateUnavailable as error:
            self._log.error("state.uncopied", message=error.message)
