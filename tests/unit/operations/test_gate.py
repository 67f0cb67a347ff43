"""Waiting until services answer our own probes, whatever Docker says of them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tarsd.errors import EngineUnavailable
from tarsd.host.docker_api import DockerApi
from tarsd.operations.health import ENGINE_PATIENCE
from tarsd.operations.watch import LEAST_WAIT, Late
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine
from tests.unit.operations.gate import FakeProbe, World, service


@pytest.fixture
async def world(docker: DockerApi) -> World:
    return World(docker)


async def test_what_answers_is_healthy_long_before_docker_first_asks(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", healthy_after=15, says=""))
    world.probes["redis"] = FakeProbe(after=1.5)
    began = clock()
    assert (await world.wait("redis")).late == []
    assert 1.5 <= clock() - began < 2.2
    assert world.watched.shown[-1].startswith(
        "0/1 waiting for redis (nothing listens at 127.0.0.1:6379), at most 89"
    )


async def test_dockers_pass_is_not_enough_where_there_is_a_probe(
    engine: FakeEngine, world: World
) -> None:
    engine.add(FakeContainer("redis", healthy_after=0))
    world.probes["redis"] = FakeProbe(after=None, reason="WRONGPASS invalid username-password pair")
    outcome = await world.wait("redis", deadline=30)
    assert outcome.late == [Late("redis", "WRONGPASS invalid username-password pair")]


async def test_a_false_alarm_of_dockers_is_a_warning_and_no_failure(
    engine: FakeEngine, world: World
) -> None:
    engine.add(FakeContainer("webui", ails=True, says="sh: curl: not found"))
    world.probes["webui"] = FakeProbe()
    outcome = await world.wait("webui")
    assert outcome.late == []
    (warning,) = outcome.warnings
    assert (warning.id, warning.subject, warning.status) == (
        "service.false-unhealthy",
        "webui",
        "warn",
    )
    assert "curl: not found" in warning.summary


async def test_one_that_dies_right_after_its_pass_is_not_healthy(
    engine: FakeEngine, world: World
) -> None:
    container = engine.add(FakeContainer("redis", policy="no"))

    def die() -> None:
        container.state, container.exit_code = "exited", 137

    world.probes["redis"] = FakeProbe(then=die)
    (late,) = (await world.wait("redis")).late
    assert late.reason == "exited, exit status 137: killed; the Engine does not start it again"


async def test_one_that_was_started_anew_after_its_pass_must_answer_again(
    engine: FakeEngine, world: World
) -> None:
    container = engine.add(FakeContainer("redis"))
    probe = world.probes["redis"] = FakeProbe()

    def restart_once() -> None:
        if probe.asked == 1:
            container.started = STARTED + timedelta(seconds=1)

    probe.then = restart_once
    assert (await world.wait("redis")).late == []
    assert probe.asked == 2


async def test_one_that_dies_while_others_are_waited_for_is_not_healthy(
    engine: FakeEngine, world: World
) -> None:
    container = engine.add(FakeContainer("redis", policy="no"))
    engine.add(FakeContainer("postgres"))
    world.probes |= {"redis": FakeProbe(), "postgres": FakeProbe(after=60)}

    def die() -> None:
        container.state = "exited"

    asyncio.get_running_loop().call_later(30, die)
    assert [it.service for it in (await world.wait("redis", "postgres")).late] == ["redis"]


async def test_what_has_passed_is_not_asked_again(engine: FakeEngine, world: World) -> None:
    engine.add(FakeContainer("redis"))
    engine.add(FakeContainer("postgres"))
    world.probes |= {"redis": FakeProbe(), "postgres": FakeProbe(after=5)}
    assert (await world.wait("redis", "postgres")).late == []
    assert world.probes["redis"].asked == 1


async def test_a_pass_of_an_earlier_wait_counts_for_nothing(
    engine: FakeEngine, world: World
) -> None:
    """The container runs on, and has hung since."""
    engine.add(FakeContainer("redis"))
    world.probes["redis"] = FakeProbe()
    assert (await world.wait("redis")).late == []
    world.probes["redis"] = FakeProbe(after=None, reason="no answer within 5 s")
    assert (await world.wait("redis", deadline=30)).late == [Late("redis", "no answer within 5 s")]


async def test_a_container_that_does_not_run_is_not_asked(engine: FakeEngine, world: World) -> None:
    """Whoever else listens on its port would be given its password."""
    engine.add(FakeContainer("redis", state="restarting"))
    probe = world.probes["redis"] = FakeProbe()
    assert (await world.wait("redis", deadline=20)).late == [Late("redis", "restarting")]
    assert probe.asked == 0


async def test_a_service_has_its_own_grace_from_the_start_of_its_container(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", started=STARTED - timedelta(seconds=20)))
    world.probes["redis"] = FakeProbe(after=None)
    began = clock()
    outcome = await world.wait(service("redis", grace=60))
    assert clock() - began == pytest.approx(40, abs=2)
    assert outcome.late == [Late("redis", "nothing listens at 127.0.0.1:6379")]


async def test_the_setting_is_the_outer_limit(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis"))
    world.probes["redis"] = FakeProbe(after=None)
    began = clock()
    await world.wait(service("redis", grace=600), deadline=30)
    assert clock() - began == pytest.approx(30, abs=2)


async def test_one_that_has_run_for_days_is_not_judged_by_one_answer(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", started=STARTED - timedelta(days=3)))
    world.probes["redis"] = FakeProbe(after=LEAST_WAIT - 3)
    assert (await world.wait(service("redis", grace=60))).late == []
    world.probes["redis"] = FakeProbe(after=None)
    began = clock()
    assert (await world.wait(service("redis", grace=60))).late != []
    assert clock() - began == pytest.approx(LEAST_WAIT, abs=2)


async def test_a_clock_that_was_set_back_lengthens_no_grace(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis", started=STARTED + timedelta(hours=5)))
    world.probes["redis"] = FakeProbe(after=None)
    began = clock()
    await world.wait(service("redis", grace=60))
    assert clock() - began == pytest.approx(60, abs=2)


async def test_a_slow_service_does_not_lend_its_grace_to_another(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis"))
    engine.add(FakeContainer("webui"))
    world.probes |= {"redis": FakeProbe(after=None), "webui": FakeProbe(after=None)}
    began = clock()
    outcome = await world.wait(service("redis", grace=60), service("webui", grace=600))
    assert clock() - began == pytest.approx(60, abs=2)
    assert [it.service for it in outcome.late] == ["redis"]


async def test_of_the_web_page_it_says_that_its_first_start_takes_minutes(
    engine: FakeEngine, world: World
) -> None:
    engine.add(FakeContainer("webui"))
    world.probes["webui"] = FakeProbe(after=3, reason="/ready answers HTTP 503")
    assert (await world.wait(service("webui", role="ui"))).late == []
    assert (
        "webui (/ready answers HTTP 503; its first start takes minutes), at most 89"
        in world.watched.shown[-1]
    )


async def test_labels_of_no_use_leave_it_to_docker_and_are_told(
    engine: FakeEngine, world: World
) -> None:
    engine.add(FakeContainer("redis", healthy_after=3, says=""))
    world.problems["redis"] = "port 6379 is not published by redis"
    outcome = await world.wait("redis")
    assert outcome.late == []
    assert "redis (starting; port 6379 is not published by redis)" in world.watched.shown[-1]
    (warning,) = outcome.warnings
    assert "port 6379 is not published" in warning.summary


async def test_the_pass_is_left_for_the_status(engine: FakeEngine, world: World) -> None:
    engine.add(FakeContainer("redis", healthy_after=15))
    world.probes["redis"] = FakeProbe()
    await world.wait("redis")
    (container,) = await world.containers.all()
    assert world.passes.outweighs_docker(container)


async def test_an_engine_that_is_slow_after_a_power_cut_is_waited_for(
    engine: FakeEngine, world: World
) -> None:
    engine.add(FakeContainer("redis"))
    world.probes["redis"] = FakeProbe(after=40)
    loop = asyncio.get_running_loop()
    loop.call_later(5, engine.hang)
    loop.call_later(35, engine.recover)
    assert (await world.wait("redis")).late == []
    assert any("waiting for Docker: cannot reach" in it for it in world.watched.shown)


async def test_an_engine_that_stays_away_ends_the_wait(
    engine: FakeEngine, world: World, clock: Callable[[], float]
) -> None:
    engine.add(FakeContainer("redis"))
    world.probes["redis"] = FakeProbe(after=None)
    asyncio.get_running_loop().call_later(5, engine.hang)
    began = clock()
    with pytest.raises(EngineUnavailable):
        await world.wait("redis")
    assert clock() - began == pytest.approx(5 + ENGINE_PATIENCE, abs=7)
