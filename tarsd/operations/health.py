"""The gate of install, start and restart: waits until services work, saying what it waits for.

A service works when its container runs and answers our own probe. Docker's health check, whose first run comes one
interval after the start, decides only for a service without a probe.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tarsd.catalogue.check import Finding
from tarsd.changes.model import Step
from tarsd.engine.passes import Passes, utc_now
from tarsd.engine.probe_choice import Choice
from tarsd.errors import DatabaseRefused, DatabaseUnavailable, EngineUnavailable, JobFailed
from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Service
from tarsd.operations.watch import Late, Watch

EAGER = 15.0
"""Seconds for which it looks often: databases are up in two to five."""

LOOK_EVERY, LOOK_LATER_EVERY = 0.25, 1.0
"""Seconds between looks, each of which is one small call to the Engine per container and one."""


ENGINE_PATIENCE = 60.0
"""Seconds for an Engine that does not answer: after a power cut, on a busy machine, one look took more than its 5."""


class Chooser(Protocol):
    """Picks the probe of a service."""

    def choose(self, service: Service) -> Choice:
        """See tarsd.engine.probe_choice.ProbeChooser."""
        ...


class Mender(Protocol):
    """Does what an owner would have to do for a service that does not get healthy by itself."""

    async def mend(self, watch: Watch, at: float, step: Step) -> Finding | None:
        """See tarsd.operations.first_start.FirstStart."""
        ...

    async def keep(self, watch: Watch) -> None:
        """The same, of one that is healthy."""
        ...


@dataclass(frozen=True)
class Outcome:
    """`late` is empty where all are healthy; `warnings` are of those that are."""

    late: list[Late]
    warnings: list[Finding]


class HealthGate:
    """Leaves each pass of a probe in `passes`, where status finds it."""

    def __init__(
        self,
        containers: Containers,
        chooser: Chooser,
        passes: Passes,
        mender: Mender | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._containers = containers
        self._chooser = chooser
        self._passes = passes
        self._mender = mender
        self._now = now

    async def wait(self, services: Sequence[Service], deadline: float, step: Step) -> Outcome:
        """Return as soon as all are healthy, or one never will be, or one's time is over.

        A service's time is its `tars.start.grace`, at most `deadline` seconds; the last question may take its own
        deadline (5 s) longer. Raises EngineUnavailable, EngineRefused.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        mended: list[Finding] = []
        watches = [Watch(it, self._chooser.choose(it), self._passes, began) for it in services]
        while True:
            seen = await self._seen(step)
            at = loop.time()
            for watch in watches:
                watch.look(seen.get(watch.service.name), at, self._now())
            waiting = [watch for watch in watches if watch.reason(at) is not None]
            if not waiting:
                if self._mender is not None:
                    for watch in watches:
                        await self._mender.keep(watch)
                found = (watch.warning() for watch in watches)
                return Outcome([], [*mended, *(it for it in found if it is not None)])
            outer = deadline - (at - began)
            broken = await self._mend(waiting, at, step, mended)
            late = broken or _late(waiting, at, outer)
            if late:
                return Outcome(late, [])
            left = max(watch.left(at, outer) for watch in waiting)
            _show(step, len(watches), waiting, at, left)
            asked = await asyncio.gather(*(watch.ask() for watch in waiting if watch.asks))
            if not any(asked):  # what has just passed is looked at again at once
                pause = LOOK_EVERY if at - began < EAGER else LOOK_LATER_EVERY
                await asyncio.sleep(min(pause, left))

    async def _seen(self, step: Step) -> Mapping[str, Container]:
        loop = asyncio.get_running_loop()
        end = loop.time() + ENGINE_PATIENCE
        while True:
            try:
                return await self._containers.by_service()
            except EngineUnavailable as error:
                if loop.time() >= end:
                    raise
                step.say(f"waiting for Docker: {error.message}")
            await asyncio.sleep(LOOK_LATER_EVERY)

    async def _mend(
        self, waiting: Sequence[Watch], at: float, step: Step, mended: list[Finding]
    ) -> list[Late]:
        """Add what was mended; returns those that cannot be."""
        if self._mender is None:
            return []
        for watch in waiting:
            try:
                found = await self._mender.mend(watch, at, step)
            except (DatabaseRefused, DatabaseUnavailable, JobFailed) as error:
                return [Late(watch.service.name, error.message, fix=error.fix)]
            if found is not None:
                mended.append(found)
                watch.begin_anew()
        return []


def _late(waiting: Sequence[Watch], at: float, outer: float) -> list[Late]:
    """Those that never will be healthy; if there are none, those whose time is over."""
    hopeless = [late for watch in waiting if (late := watch.hopeless(at)) is not None]
    return hopeless or [watch.late(at) for watch in waiting if watch.left(at, outer) <= 0]


def _show(step: Step, total: int, waiting: Sequence[Watch], at: float, left: float) -> None:
    words = ", ".join(watch.waits_for(at) for watch in waiting)
    detail = f"waiting for {words}, at most {left:.0f} s more"
    step.progress(total - len(waiting), total, "steps", detail)
