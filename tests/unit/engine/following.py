"""The truth of a double of the Engine, followed, with a unit and a sleep that a test decides on."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from tarsd.engine.following import Following
from tarsd.engine.standing import Standing
from tarsd.engine.truth import Looked, Notice, Resync, Truth
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.engine_events import EngineEvent, EngineEvents
from tarsd.host.engine_unit import EngineUnit
from tests.unit.fake_container import PROJECT
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.log import Log


class FakeUnit(EngineUnit):
    """docker.service, and what becomes of it; `asleep` is how long the machine has slept."""

    def __init__(self) -> None:
        super().__init__()
        self.now: str | None = "active"
        self.started: datetime | None = None
        self.asleep = 0.0
        self.follows = 0
        self.breaks = asyncio.Event()
        self._changed: Callable[[], None] = lambda: None
        self._woke: Callable[[], None] = lambda: None

    @property
    def state(self) -> str | None:
        return self.now

    @property
    def leaving(self) -> bool:
        return self.now in ("deactivating", "inactive", "failed")

    @property
    def since(self) -> datetime | None:
        return self.started

    def turns(self, state: str | None) -> None:
        """systemd says so."""
        self.now = state
        self._changed()

    def sleeps(self, seconds: float, *, told: bool = True) -> None:
        """The machine has slept; logind tells, where there is one."""
        self.asleep += seconds
        if told:
            self._woke()

    async def follow(
        self,
        changed: Callable[[], None],
        woke: Callable[[], None],
        reloaded: Callable[[], None] = lambda: None,
    ) -> None:
        self._changed, self._woke = changed, woke
        self.follows += 1
        await self.breaks.wait()
        self.now = None


class Follower:
    """Everything wired as the daemon does; `notices` is what a subscriber was told, in order."""

    def __init__(self, engine: FakeEngine, docker: DockerApi) -> None:
        self.engine = engine
        self.docker = docker
        self.log = Log()
        self.unit = FakeUnit()
        self.notices: list[Notice] = []
        self.containers = Containers(docker, PROJECT)
        self.standing = Standing(docker, self.unit)
        self.truth = Truth(
            self.containers, self.standing, self.log.logger, asleep=lambda: self.unit.asleep
        )
        self.truth.subscribe(self.notices.append)
        self.following = Following(
            self.truth,
            EngineEvents(docker, PROJECT),
            self.unit,
            self.log.logger,
            asleep=lambda: self.unit.asleep,
            jitter=lambda _, most: most,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, *services: str) -> None:
        """Follow a stack of these services; returns when the stream is open and all was looked at."""
        for service in services:
            self.engine.add(FakeContainer(service))
        self.engine.networks["tars_default"] = PROJECT
        self._task = asyncio.create_task(self.following.run())
        await self.until(lambda: self.truth.fresh)

    async def until(self, so: Callable[[], bool], seconds: float = 60) -> float:
        """Wait until something is so; how many seconds that took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not so():
            assert loop.time() - began < seconds, self.notices
            await asyncio.sleep(0.01)
        return loop.time() - began

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def events(self) -> list[tuple[str, str | None]]:
        """Action and service of the events, in order."""
        return [(it.action, it.service) for it in self.notices if isinstance(it, EngineEvent)]

    def looked(self) -> list[str]:
        """The services that were looked at alone, in order."""
        return [it.service for it in self.notices if isinstance(it, Looked)]

    def resyncs(self) -> list[Resync]:
        return [it for it in self.notices if isinstance(it, Resync)]

    def state(self, service: str) -> str | None:
        """As the snapshot has it."""
        snapshot = self.truth.snapshot
        found = ((snapshot.containers if snapshot else None) or {}).get(service)
        return found.state if found else None
