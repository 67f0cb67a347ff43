"""After a boot: waits until what should run works, within deadlines, and gives one verdict with the time it took.

Nothing is started here. Docker starts what it was told to, the healer what Docker did not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable
from tarsd.store.boots import BootStore, BootVerdict
from tarsd.times import now

LOOK_EVERY = 1.0

FRESH = 600.0
"""Seconds after its boot within which a daemon that starts is part of it; one that starts later was installed since."""


@dataclass(frozen=True)
class Stage:
    """One thing to wait for. `missing` says in words what of it is not there, nothing once all is.

    `deadline` is in seconds from the first look; what is still missing then is told, and the next stage begins.
    """

    deadline: float
    missing: Callable[[], Awaitable[Sequence[str]]]


class BootWatch:
    """One verdict for each boot; the last one is kept for status."""

    def __init__(
        self,
        stages: Sequence[Stage],
        services: Callable[[], int],
        boot: str,
        up_for: Callable[[], float],
        store: BootStore,
        log: FilteringBoundLogger,
    ) -> None:
        self._stages = stages
        self._services = services
        self._boot = boot
        self._up_for = up_for
        self._store = store
        self._log = log
        self.last: BootVerdict | None = None

    async def run(self) -> None:
        """Return once the verdict is told; at once where this boot has one, or is long over."""
        try:
            self.last = await self._store.last()
        except StateUnavailable as error:
            self._log.error("boot.unread", message=error.message)
        known = self.last is not None and self.last.boot == self._boot
        if known or self._up_for() > FRESH:
            return
        late = await wait_for_all(self._stages)
        count = self._services()
        if count == 0 and not late:
            return  # nothing is installed, or nothing is wanted
        word: Literal["GO", "NO-GO"] = "NO-GO" if late else "GO"
        self.last = BootVerdict(
            self._boot, now(), word, round(self._up_for(), 1), count, tuple(late)
        )
        self._say(self.last)
        try:
            await self._store.keep(self.last)
        except StateUnavailable as error:
            self._log.error("boot.unrecorded", message=error.message)

    def _say(self, verdict: BootVerdict) -> None:
        took = f"{verdict.seconds:.0f} s after the boot"
        if verdict.missing:
            message = f"NO-GO {took}: {'; '.join(verdict.missing)}"
            self._log.warning("boot.no-go", message=message, seconds=verdict.seconds)
        else:
            message = f"GO: {verdict.services} services answer, {took}"
            self._log.info("boot.go", message=message, seconds=verdict.seconds)


async def wait_for_all(stages: Sequence[Stage]) -> list[str]:
    """What was missing at the end of its time, in the order of the stages; nothing if all is well."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    late: list[str] = []
    for stage in stages:
        missing = await stage.missing()
        while missing and loop.time() - began < stage.deadline:
            await asyncio.sleep(LOOK_EVERY)
            missing = await stage.missing()
        late += missing
    return late
