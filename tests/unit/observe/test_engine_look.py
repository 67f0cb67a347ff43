"""What a status shows of the Engine: what events have kept up to date, as long as that may pass for the present."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tarsd.host.control_groups import ControlGroups
from tarsd.host.docker_api import DockerApi
from tarsd.observe.engine_look import JUST_HEARD, EngineLook
from tests.unit.engine.following import Follower
from tests.unit.fake_engine import FakeEngine


@pytest.fixture
async def follower(engine: FakeEngine, docker: DockerApi) -> AsyncIterator[Follower]:
    made = Follower(engine, docker)
    await made.start("redis", "webui")
    yield made
    await made.stop()


@pytest.fixture
def look(follower: Follower) -> EngineLook:
    return EngineLook(follower.standing, follower.containers, follower.truth)


async def test_while_events_come_only_memory_is_asked_for(
    follower: Follower, look: EngineLook
) -> None:
    before = len(follower.engine.calls)
    found = await look.look()
    assert found.containers is not None
    assert [it.service for it in found.containers] == ["redis", "webui"]
    assert found.memory == {"redis": 2048, "webui": 2048}
    assert (found.engine.status, found.engine.version, found.docker_root) == ("ok", "26.1.5", "/")
    assert [call.rpartition("/")[2] for call in follower.engine.calls[before:]] == ["stats"] * 2


async def test_an_engine_that_hangs_since_the_last_look_is_not_called_well(
    follower: Follower, look: EngineLook
) -> None:
    follower.engine.hang()
    assert follower.truth.fresh
    found = await look.look()
    assert (found.engine.status, found.containers) == ("unknown", None)
    assert not follower.truth.fresh


async def test_without_events_the_engine_is_asked(follower: Follower, look: EngineLook) -> None:
    follower.engine.say("/events", 500, {"message": "no"})
    follower.engine.events.end()
    await follower.until(lambda: not follower.truth.fresh)
    follower.engine.containers["redis"].state = "exited"
    found = await look.look()
    assert found.containers is not None
    assert [it.state for it in found.containers] == ["exited", "running"]


async def test_an_engine_that_was_stopped_is_not_started_by_a_status(
    follower: Follower, look: EngineLook
) -> None:
    """docker.socket starts it for whoever calls."""
    follower.unit.turns("inactive")
    await follower.until(lambda: not follower.truth.fresh)
    before = len(follower.engine.calls)
    found = await look.look()
    assert (found.engine.status, found.engine.message) == ("down", "docker.service is inactive")
    assert len(follower.engine.calls) == before


@pytest.fixture
def told(follower: Follower, tmp_path: Path) -> EngineLook:
    """The kernel tells of redis, and not of webui, which has just ended."""
    group = tmp_path / "system.slice" / f"docker-{follower.engine.containers['redis'].id}.scope"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("1000\n")
    (group / "memory.stat").write_text("anon 600\ninactive_file 300\n")
    groups = ControlGroups(tmp_path)
    return EngineLook(follower.standing, follower.containers, follower.truth, groups)


async def test_where_the_kernel_tells_the_engine_is_not_asked(
    follower: Follower, told: EngineLook
) -> None:
    before = len(follower.engine.calls)
    found = await told.look()
    assert found.memory == {"redis": 700, "webui": None}
    assert len(follower.engine.calls) == before


async def test_one_that_was_not_heard_for_a_moment_must_show_that_it_answers(
    follower: Follower, told: EngineLook, clock: Callable[[], float]
) -> None:
    await asyncio.sleep(JUST_HEARD + 1)
    assert (await told.look()).engine.status == "ok"
    follower.engine.hang()
    begun = clock()
    found = await told.look()
    assert (found.engine.status, found.containers) == ("unknown", None)
    assert clock() - begun < 1.5
