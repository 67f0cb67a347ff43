"""A health gate on a double of the Engine, with probes that answer as a test says, and a step that notes what it shows."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tarsd.changes.model import Change, ChangeStatus, Step, Task
from tarsd.engine.passes import Passes
from tarsd.engine.probe_choice import Choice
from tarsd.errors import ProbeFailed
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Service
from tarsd.operations.health import HealthGate, Outcome
from tests.unit.fake_engine import STARTED


def service(name: str, *, role: str = "other", grace: int | None = None) -> Service:
    """A service whose labels say no more than that."""
    return Service(name, f"{name}:1", role, True, frozenset(), 10, grace)


class Watched:
    """A step of a change, and everything it showed."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        task = Task(1, "start", 1, "start", {})
        change = Change("1", "start", "start", ChangeStatus.DOING, frozenset(), "", [task])
        self.step = Step(change, task, self._show, self._remember)

    def _show(self) -> None:
        task = self.step.task
        self.shown.append(f"{task.done}/{task.total} {task.detail}")

    async def _remember(self) -> None:
        raise AssertionError("there is nothing to undo")


@dataclass
class FakeProbe:
    """Passes from `after` seconds on (by the loop's clock, from its making), never where that is None."""

    after: float | None = 0.0
    reason: str = "nothing listens at 127.0.0.1:6379"
    takes: float = 0.01
    asked: int = 0
    then: Callable[[], None] = lambda: None
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def ask(self) -> float:
        self.asked += 1
        await asyncio.sleep(self.takes)
        if self.after is None or asyncio.get_running_loop().time() - self.began < self.after:
            raise ProbeFailed("it", self.reason, "refused")
        self.then()
        return self.takes


class World:
    """`probes` and `problems` are by service; the wall clock goes with the loop's from STARTED on."""

    def __init__(self, docker: DockerApi) -> None:
        self.containers = Containers(docker, "tars")
        self.probes: dict[str, FakeProbe] = {}
        self.problems: dict[str, str] = {}
        self.watched = Watched()
        self.passes = Passes(self.now)
        self.gate = HealthGate(self.containers, self, self.passes, now=self.now)
        self._began = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return STARTED + timedelta(seconds=asyncio.get_running_loop().time() - self._began)

    def choose(self, service: Service) -> Choice:
        return Choice(self.probes.get(service.name), self.problems.get(service.name))

    async def wait(self, *services: Service | str, deadline: float = 900) -> Outcome:
        named = [service(it) if isinstance(it, str) else it for it in services]
        return await self.gate.wait(named, deadline, self.watched.step)
