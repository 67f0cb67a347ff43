"""A prober on services that answer as a test says, on a machine of its own, with what it told and when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from tarsd.catalogue.views import Level
from tarsd.engine.own_side import OwnSide
from tarsd.engine.passes import Passes
from tarsd.engine.probe_choice import Choice
from tarsd.engine.probing import Prober
from tarsd.errors import ProbeFailed, Why
from tarsd.host.containers import Container
from tarsd.host.generations import Service
from tarsd.host.pressure import Pressure
from tarsd.settings import Monitor
from tests.unit.clock import JumpingLoop
from tests.unit.observe.containers import CONTAINER, STARTED


@dataclass
class Answering:
    """A service: `why` is its failure, `takes` how long its answer needs, `asked` when it was asked, on the loop's clock."""

    why: Why | None = None
    takes: float = 0.01
    hangs: bool = False
    raises: Exception | None = None
    deadline: float = 5.0
    then: Callable[[], None] = lambda: None
    asked: list[float] = field(default_factory=list[float])
    at_work: int = 0

    async def ask(self) -> float:
        self.asked.append(asyncio.get_running_loop().time())
        self.at_work += 1
        try:
            await self._answer()
        finally:
            self.at_work -= 1
        return self.takes

    async def _answer(self) -> None:
        if self.hangs:
            await asyncio.sleep(self.deadline)
            self.then()
            raise ProbeFailed("it", f"no answer within {self.deadline:g} s", "silent")
        await asyncio.sleep(self.takes)
        self.then()
        if self.raises is not None:
            raise self.raises
        if self.why is not None:
            raise ProbeFailed("it", f"it says {self.why}", self.why)


class World:
    """Services `names`, all up for a day. `told` is what was told as changed, with the loop's time."""

    def __init__(self, *names: str) -> None:
        self.probes: dict[str, Answering] = {name: Answering() for name in names}
        self.problems: dict[str, str] = {}
        self.levels: dict[str, Level] = {}
        self.services = {it: Service(it, f"{it}:8", "x", True, frozenset(), 10, 60) for it in names}
        day = STARTED - timedelta(days=1)
        self.containers = {it: replace(CONTAINER, id=it, service=it, started=day) for it in names}
        self.told: list[tuple[str, float]] = []
        self.silences: list[float] = []
        self.settings = Monitor()
        self.slept = 0.0
        self.pressure: Pressure | None = Pressure()
        loop = cast("JumpingLoop", asyncio.get_running_loop())
        loop.stand_still(100 - loop.time() % 100)  # periods begin at the same moments in every run
        self._began = loop.time()
        self.passes = Passes(self.now)
        self.prober = Prober(
            self,
            self.passes,
            lambda: self.settings,
            lambda name: self.told.append((name, self.at)),
            OwnSide(lambda: self.slept, lambda: self.pressure),
            self.now,
            lambda: 0.5,
            lambda: self.silences.append(self.at),
        )

    @property
    def at(self) -> float:
        """Seconds since the beginning."""
        return asyncio.get_running_loop().time() - self._began

    def now(self) -> datetime:
        return STARTED + timedelta(seconds=self.at)

    def choose(self, service: Service, deadline: float) -> Choice:
        name = service.name
        if name in self.problems:
            return Choice(None, self.problems[name])
        probe = self.probes.get(name)
        if probe is not None:
            probe.deadline = deadline
        return Choice(probe, level=self.levels.get(name, "ready"))

    def follow(self, *names: str) -> None:
        """Let these, or all, be asked."""
        running: dict[str, tuple[Service, Container]] = {
            it: (self.services[it], self.containers[it]) for it in names or self.services
        }
        self.prober.follow(running)

    def restart(self, name: str) -> None:
        """Its container has been started anew, and that was seen."""
        self.containers[name] = replace(self.containers[name], started=self.now())
        self.follow()

    def asked(self, name: str) -> list[float]:
        """When it was asked, in seconds since the beginning."""
        return [round(it - self._began, 2) for it in self.probes[name].asked]
