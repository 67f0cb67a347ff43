"""The lock that keeps a daemon's healer and an offline `tarsctl doctor --fix` apart, as the daemon holds it."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from tarsd.errors import AlreadyRunning
from tarsd.host.blocking import Asker
from tarsd.host.sole import sole
from tarsd.observe.model import Problem

LOOK_EVERY = 1.0
"""Seconds between two tries; an offline fix takes seconds, and what is broken has waited longer."""

DEADLINE = 10.0
"""Seconds for one try. The lock lies in /run, which hangs only where the whole machine does."""


class Acting:
    """`barred` says why nothing may be mended now; `hold` takes the lock, be it later, and keeps it for ever."""

    def __init__(self, lock: Path, log: FilteringBoundLogger) -> None:
        self._lock = lock
        self._log = log
        self._held = ExitStack()
        self._asker = Asker("acting")
        self.barred: str | None = "whether somebody else is mending is known in a moment"

    async def hold(self) -> None:
        """Until cancelled."""
        told = None
        try:
            while (why := await self._try()) is not None:
                self.barred = why
                if why != told:
                    self._log.warning("heal.waits", message=why)
                told = why
                await asyncio.sleep(LOOK_EVERY)
            self.barred = None
            await asyncio.Event().wait()
        finally:
            self._held.close()

    def problem(self) -> Problem | None:
        """What the status says of it: nothing of the first moment."""
        if self.barred is None or not self.barred.startswith("healing waits"):
            return None
        fix = "it goes on by itself as soon as that has ended"
        return Problem(id="heal.waits", subject="tarsd", message=self.barred, fix=fix)

    async def _try(self) -> str | None:
        """Take it; else why not."""
        try:
            await self._asker.ask(
                lambda: self._held.enter_context(sole(self._lock, "mend")), DEADLINE
            )
        except AlreadyRunning as error:
            pid = error.details.get("pid")
            return "healing waits for tarsctl doctor --fix" + (f" (process {pid})" if pid else "")
        except (OSError, asyncio.TimeoutError) as error:
            return f"healing waits: {self._lock} cannot be locked: {str(error) or 'no answer'}"
        return None
