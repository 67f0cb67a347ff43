"""A resumed change waits until the Engine has brought up by itself what it brings up."""

import asyncio
from collections.abc import Callable

import pytest

from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.operations.settle import LONGEST, QUIET, Settle
from tests.unit.fake_engine import FakeContainer, FakeEngine


@pytest.fixture
def settle(docker: DockerApi) -> Settle:
    return Settle(Containers(docker, "tars"))


async def test_a_quiet_engine_is_waited_for_three_seconds(
    settle: Settle, engine: FakeEngine, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis"))
    began = clock()
    await settle()
    assert QUIET <= clock() - began < QUIET + 1


async def test_each_container_that_comes_up_makes_it_wait_anew(
    settle: Settle, engine: FakeEngine, clock: Callable[[], float]
) -> None:
    began = clock()
    waiting = asyncio.create_task(settle())
    for service in ("postgres", "redis", "ollama"):
        await asyncio.sleep(2)
        engine.add(FakeContainer(service))
    await waiting
    assert 6 + QUIET <= clock() - began < 6 + QUIET + 1.5


async def test_an_engine_that_is_not_up_yet_is_waited_for(
    settle: Settle, engine: FakeEngine, clock: Callable[[], float]
) -> None:
    await engine.stop()
    began = clock()
    waiting = asyncio.create_task(settle())
    await asyncio.sleep(20)
    await engine.start()
    await waiting
    assert 20 + QUIET <= clock() - began < 20 + QUIET + 1.5


async def test_an_engine_that_stays_away_or_never_rests_is_not_waited_for_for_ever(
    settle: Settle, engine: FakeEngine, clock: Callable[[], float]
) -> None:
    await engine.stop()
    began = clock()
    await settle()
    assert LONGEST <= clock() - began < LONGEST + 6
