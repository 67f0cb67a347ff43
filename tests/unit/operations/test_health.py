"""Waiting until services are healthy: as long as it takes, no longer than it may, and saying what for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from tarsd.changes.model import Change, ChangeStatus, Step, Task
from tarsd.errors import EngineUnavailable
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.operations.health import SETTLED, Late, wait_healthy
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine


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


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def containers(docker: DockerApi) -> Containers:
    return Containers(docker, "tars")


async def test_what_is_healthy_already_is_not_waited_for(
    engine: FakeEngine, containers: Containers, watched: Watched
) -> None:
    engine.add(FakeContainer("redis"))
    assert await wait_healthy(containers, ["redis"], 0, watched.step) == []


async def test_it_returns_as_soon_as_all_are_and_says_what_it_waits_for(
    engine: FakeEngine, containers: Containers, watched: Watched, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", healthy_after=3, says="LOADING"))
    engine.add(FakeContainer("postgres", healthy_after=7, says=""))
    began = clock()
    assert await wait_healthy(containers, ["redis", "postgres"], 900, watched.step) == []
    assert clock() - began == pytest.approx(7, abs=1.5)
    assert watched.shown[0].startswith(
        "0/2 waiting for redis (starting: LOADING), postgres (starting), at most 900 s more"
    )
    assert watched.shown[-1].startswith("1/2 waiting for postgres (starting), at most 89")


async def test_at_the_deadline_it_says_who_is_late_and_why(
    engine: FakeEngine, containers: Containers, watched: Watched, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("ollama"))
    engine.add(FakeContainer("redis", ails=True, says="one\nWRONGPASS " + "x" * 500))
    engine.add(FakeContainer("postgres", state="exited", exit_code=1))
    engine.add(FakeContainer("chromadb", state="created", error="port is already allocated"))
    names = ["ollama", "redis", "postgres", "chromadb", "webui"]
    began = clock()
    late = await wait_healthy(containers, names, 60, watched.step)
    assert clock() - began == pytest.approx(60, abs=1)
    assert late == [
        Late("redis", "unhealthy: WRONGPASS " + "x" * 110),
        Late("postgres", "exited, exit status 1"),
        Late("chromadb", "port is already allocated"),
        Late("webui", "it has no container"),
    ]


async def test_without_a_health_check_it_must_have_run_for_a_while(
    engine: FakeEngine, containers: Containers, watched: Watched, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("backend", healthy_after=None))
    began = clock()
    assert await wait_healthy(containers, ["backend"], 60, watched.step) == []
    assert clock() - began >= SETTLED


@pytest.fixture
async def flapping(engine: FakeEngine) -> AsyncIterator[FakeContainer]:
    """A container without a health check that runs for three seconds at a time."""
    container = engine.add(FakeContainer("backend", healthy_after=None))

    async def flap() -> None:
        while True:
            await asyncio.sleep(3)
            container.state = "restarting" if container.state == "running" else "running"

    task = asyncio.create_task(flap())
    yield container
    task.cancel()


async def test_one_that_keeps_dying_never_counts_as_up(
    containers: Containers, watched: Watched, flapping: FakeContainer
) -> None:
    assert flapping.healthy_after is None
    assert [
        it.service for it in await wait_healthy(containers, ["backend"], 120, watched.step)
    ] == ["backend"]


async def test_one_that_restarts_faster_than_anyone_looks_never_counts_as_up(
    engine: FakeEngine, containers: Containers, watched: Watched
) -> None:
    """Seen running at every look, it has started anew each time."""
    container = engine.add(FakeContainer("backend", healthy_after=None))

    async def restart() -> None:
        while True:
            await asyncio.sleep(0.9)
            container.restarts += 1
            container.started = (container.started or STARTED) + timedelta(seconds=1)

    task = asyncio.create_task(restart())
    late = await wait_healthy(containers, ["backend"], 60, watched.step)
    task.cancel()
    assert [it.service for it in late] == ["backend"]


async def test_an_engine_that_goes_away_meanwhile_is_told(
    engine: FakeEngine, containers: Containers, watched: Watched
) -> None:
    engine.add(FakeContainer("redis", ails=True))
    asyncio.get_running_loop().call_later(5, engine.hang)
    with pytest.raises(EngineUnavailable):
        await wait_healthy(containers, ["redis"], 900, watched.step)
