"""Looks after state.db: opens it, again while it cannot be written, takes over what was left in it, keeps a good copy."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from tarsd.changes.runner import Changes
from tarsd.errors import StateUnavailable
from tarsd.store import Database

LOOK_EVERY = 30.0
"""Seconds between attempts to open a state.db that cannot be written."""

COPY_LOOKS = 120
"""An hour between good copies; one is made at the first look, when the database has just proved sound."""


async def nothing() -> None:
    """There are no incidents to look after."""


class Upkeep:
    """Runs until it is cancelled; `incidents` are read or written at every look, where there is need.

    It waits for the disk as long as that takes; nothing waits for it."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        log: FilteringBoundLogger,
        incidents: Callable[[], Awaitable[None]] = nothing,
    ) -> None:
        self._database = database
        self._changes = changes
        self._log = log
        self._incidents = incidents
        self._told: str | None = None
        self.taken_over = asyncio.Event()
        """Set once the first attempt is over: state.db is open and what was interrupted goes on, or it cannot be opened."""

    async def run(self) -> None:
        """Look for ever."""
        look = 0
        while True:
            try:
                await self._take_over()
                self.taken_over.set()
                if look % COPY_LOOKS == 0 and self._database.writable:
                    await self._database.keep_good_copy()
            except StateUnavailable as error:
                self._log.error("state.unavailable", message=error.message)
            except Exception:  # noqa: BLE001  without upkeep a disk that comes back would not be noticed
                self._log.exception("upkeep.defect")
            self.taken_over.set()
            await asyncio.sleep(LOOK_EVERY)
            look += 1

    async def _take_over(self) -> None:
        if not self._database.writable:
            await self._database.open()
        self._tell()
        await self._incidents()
        if self._changes.behind:
            await self._changes.resume()

    def _tell(self) -> None:
        """Log a trouble once, and its end."""
        trouble = self._database.trouble
        told = trouble.message if trouble is not None else None
        if told == self._told:
            return
        self._told = told
        if told is None:
            self._log.info("state.well")
        else:
            self._log.error("state.trouble", message=told)
