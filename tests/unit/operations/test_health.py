"""Waiting until services are healthy by Docker's word: for those that carry no probe labels."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from tarsd.errors import EngineUnavailable
from tarsd.host.docker_api import DockerApi
from tarsd.operations.watch import SETTLED, Late
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine
from tests.unit.operations.gate import World


@pytest.fixture
async def world(docker: DockerApi) -> World:
    return World(docker)


async def test_what_is_healthy_already_is_not_waited_for(engine: FakeEngine, world: World) -> None:
    engine.add(FakeContainer("redis"))
    assert (await world.wait("redis", deadline=0)).late == []


async def test_it_returns_as_soon_as_all_are_and_says_what_it_waits_for(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", healthy_after=3, says="LOADING"))
    engine.add(FakeContainer("postgres", healthy_after=7, says=""))
    began = clock()
    assert (await world.wait("redis", "postgres")).late == []
    assert clock() - began == pytest.approx(7, abs=1.5)
    assert world.watched.shown[0].startswith(
        "0/2 waiting for redis (starting: LOADING), postgres (starting), at most 900 s more"
    )
    assert world.watched.shown[-1].startswith("1/2 waiting for postgres (starting), at most 89")


async def test_at_the_deadline_it_says_who_is_late_and_why(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("ollama"))
    engine.add(FakeContainer("redis", ails=True, says="one\nWRONGPASS " + "x" * 500))
    engine.add(FakeContainer("postgres", healthy_after=999, says=""))
    began = clock()
    outcome = await world.wait("ollama", "redis", "postgres", deadline=60)
    assert clock() - began == pytest.approx(60, abs=1)
    assert outcome.late == [
        Late("redis", "unhealthy: WRONGPASS " + "x" * 110),
        Late("postgres", "starting"),
    ]


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (FakeContainer("redis", state="exited", exit_code=1), "exited, exit status 1"),
        (FakeContainer("redis", state="exited", exit_code=143), "exited, exit status 143: terminated"),
        (FakeContainer("redis", state="exited", exit_code=0), "exited"),
        (FakeContainer("redis", state="dead", exit_code=127),
         "dead, exit status 127: its command cannot be run"),
        (FakeContainer("redis", state="created", error="port is already allocated"),
         "port is already allocated"),
        (FakeContainer("other"), "it has no container"),
    ],
)  # fmt: skip
async def test_one_that_has_ended_for_good_is_not_waited_for(
    engine: FakeEngine,
    world: World,
    clock: Callable[[], float],
    container: FakeContainer,
    reason: str,
) -> None:
    """And those that only start are not blamed with it."""
    engine.add(container)
    engine.add(FakeContainer("chromadb", healthy_after=30))
    began = clock()
    outcome = await world.wait("chromadb", "redis")
    assert clock() - began <= SETTLED + 2
    assert outcome.late == [Late("redis", f"{reason}; the Engine does not start it again")]


async def test_one_that_is_never_started_again_ends_the_wait_at_once(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", state="exited", exit_code=3, policy="no"))
    began = clock()
    (late,) = (await world.wait("redis")).late
    assert clock() - began < 1
    assert late.reason == "exited, exit status 3; the Engine does not start it again"


async def test_a_long_pause_before_docker_starts_it_again_is_waited_out(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    container = engine.add(FakeContainer("redis", state="restarting", exit_code=1))

    def start() -> None:
        container.state = "running"

    asyncio.get_running_loop().call_later(40, start)
    began = clock()
    assert (await world.wait("redis")).late == []
    assert clock() - began == pytest.approx(40, abs=2)


async def test_without_a_health_check_it_must_have_run_for_a_while(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("backend", healthy_after=None))
    began = clock()
    assert (await world.wait("backend", deadline=60)).late == []
    assert clock() - began >= SETTLED


@pytest.fixture
async def flapping(engine: FakeEngine) -> AsyncIterator[FakeContainer]:
    """A container without a health check that runs for three seconds at a time."""
    container = engine.add(FakeContainer("backend", healthy_after=None))

    async def flap() -> None:
        while True:
            await asyncio.sleep(3)
            container.state = "restarting" if container.state == "running" else "running"
            container.exit_code = 1 if container.state == "restarting" else 0

    task = asyncio.create_task(flap())
    yield container
    task.cancel()


async def test_one_that_keeps_dying_is_a_crash_loop_told_with_its_exit_status(
    world: World, flapping: FakeContainer, clock: Callable[[], float]
) -> None:
    assert flapping.healthy_after is None
    began = clock()
    outcome = await world.wait("backend")
    assert clock() - began < 20
    reason = "it ended 3 times, last with exit status 1"
    assert outcome.late == [Late("backend", reason, "service.crash-loop")]


async def test_one_that_restarts_faster_than_anyone_looks_is_one_too(
    engine: FakeEngine, world: World
) -> None:
    """Seen running at every look, it has started anew each time."""
    container = engine.add(FakeContainer("backend", healthy_after=None, restarts=40))

    async def restart() -> None:
        while True:
            await asyncio.sleep(0.1)
            container.restarts += 1
            container.started = (container.started or STARTED) + timedelta(seconds=1)

    task = asyncio.create_task(restart())
    (late,) = (await world.wait("backend", deadline=60)).late
    task.cancel()
    assert (late.service, late.fault) == ("backend", "service.crash-loop")


async def test_restarts_of_earlier_days_are_not_counted(engine: FakeEngine, world: World) -> None:
    engine.add(FakeContainer("redis", healthy_after=10, restarts=40))
    assert (await world.wait("redis")).late == []


async def test_an_engine_that_goes_away_meanwhile_is_told(engine: FakeEngine, world: World) -> None:
    engine.add(FakeContainer("redis", ails=True))
    asyncio.get_running_loop().call_later(5, engine.hang)
    with pytest.raises(EngineUnavailable):
        await world.wait("redis")
