"""After a boot: waits until what should run works, within deadlines, and gives one verdict with the time it took.

Nothing is started here. Docker starts what it was told to, the healer what Docker did not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tarsd.errors import StateUnavailable
from tarsd.observe.boot import BootJournal
from tarsd.store.boots import BootStore, BootVerdict
from tarsd.times import now

LOOK_EVERY = 1.0

FRESH = 600.0
"""Seconds after its boot within which a daemon that starts is part of it; one that starts later was installed since."""


@dataclass(frozen=True)
class Stage:
    """One thing to wait for. `missing` says in words what of it is not there, nothing once all is.

    `deadline` is in seconds from the first look; after it the next stage begins all the same.
    """

    deadline: Callable[[], float]
    missing: Callable[[], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class ThisBoot:
    """The kernel's name for it, and the seconds since it began."""

    id: str
    up_for: Callable[[], float]


class BootWatch:
    """One verdict for each boot. A daemon that is started again in the same boot gives no second one.

    `services` is how many are wanted, None where that cannot be known.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        services: Callable[[], int | None],
        boot: ThisBoot,
        store: BootStore,
        journal: BootJournal,
    ) -> None:
        self._stages = stages
        self._services = services
        self._boot = boot
        self._store = store
        self._journal = journal
        self.last: BootVerdict | None = None
        """That of this boot; None before it is given, and where nothing was to come up."""

    async def run(self) -> None:
        """Return once the verdict is told; at once where this boot has one, or is long over."""
        try:
            await self._run()
        except Exception:  # noqa: BLE001  a boot without a verdict must not end what is looked after
            self._journal.defect()

    async def _run(self) -> None:
        if await self._is_over():
            return
        late = await wait_for_all(self._stages)
        count = self._services()
        verdict = BootVerdict(
            boot=self._boot.id,
            at=now(),
            verdict="NO-GO" if late else "GO",
            seconds=round(self._boot.up_for(), 1),
            services=count or 0,
            missing=tuple(late),
        )
        if count != 0:
            self.last = verdict
            self._journal.tell(verdict)
        try:
            # Also where nothing is installed: what is installed later in this boot did not come up with it.
            await self._store.keep(verdict)
        except StateUnavailable as error:
            self._journal.unrecorded(error)

    async def _is_over(self) -> bool:
        try:
            known = await self._store.of(self._boot.id)
        except StateUnavailable as error:
            self._journal.unrecorded(error)
            known = None
        if known is None:
            return self._boot.up_for() > FRESH
        self.last = known if known.services else None
        return True


async def wait_for_all(stages: Sequence[Stage]) -> list[str]:
    """What is missing at the end, in the order of the stages; nothing if all is well.

    What came after its own time, and yet before the last stage was through, is not missing.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    late: list[Stage] = []
    for stage in stages:
        while await stage.missing():
            if loop.time() - began >= stage.deadline():
                late.append(stage)
                break
            await asyncio.sleep(LOOK_EVERY)
    return [words for stage in late for words in await stage.missing()]
