"""What the daemon does when nobody asks: proves it is alive, says how the stack is, gives memory back."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from tarsd.host.notify import Notify
from tarsd.observe.model import Status

BEAT = 30.0
"""Seconds; a quarter of WatchdogSec=120."""

STATUS_BEATS = 2
TRIM_BEATS = 20
"""Ten minutes between giving memory back: 10 ms of work each time."""

STATUS_DEADLINE = 10.0
"""Seconds for a status, whose parts have deadlines of their own: none of them may hold the next beat back."""


class Heartbeat:
    """Runs until it is cancelled. It waits for no disk."""

    def __init__(
        self,
        notify: Notify,
        status: Callable[[], Awaitable[Status]],
        nudge: asyncio.Event,
        log: FilteringBoundLogger,
        trim: Callable[[], None],
    ) -> None:
        self._trim = trim
        self._stirred = False
        self._notify = notify
        self._status = status
        self._nudge = nudge
        self._log = log

    async def run(self) -> None:
        """Beat for ever; a nudge (a change has ended) makes it speak at once."""
        beat, nudged = 0, False
        while True:
            self._notify.alive()
            try:
                await self._tend(beat, nudged)
            except Exception:  # noqa: BLE001  a heart that stops would have the watchdog kill a working daemon
                self._log.exception("heartbeat.defect")
            try:
                await asyncio.wait_for(self._nudge.wait(), BEAT)
                self._nudge.clear()
                nudged = True
            except asyncio.TimeoutError:
                beat, nudged = beat + 1, False

    async def _tend(self, beat: int, nudged: bool) -> None:
        if not nudged and (self._stirred or beat % TRIM_BEATS == 0):
            self._trim()
        # What a change, or the start, needed is given back one beat after it.
        self._stirred = nudged or beat == 0
        if nudged or beat % STATUS_BEATS == 0:
            found = await asyncio.wait_for(self._status(), STATUS_DEADLINE)
            self._notify.status(f"{found.overall}: {found.message}")
