"""The events are followed through whatever becomes of the Engine, its unit, and the machine."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tarsd.engine.following import EVERY, LATE
from tarsd.engine.truth import Looked, Resync
from tarsd.host.docker_api import DockerApi
from tests.unit.engine.following import Follower
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine
from tests.unit.fake_events import TRACES, trace


@pytest.fixture
async def follower(engine: FakeEngine, docker: DockerApi) -> AsyncIterator[Follower]:
    made = Follower(engine, docker)
    yield made
    await made.stop()


async def test_all_is_looked_at_before_the_first_event_is_handed_on(follower: Follower) -> None:
    await follower.start("redis")
    follower.engine.emit("kill", "redis", signal="15")
    await follower.until(lambda: bool(follower.events()))
    first, second = follower.notices[0], follower.notices[1]
    assert isinstance(first, Resync)
    assert (first.why, first.previous) == ("connected", None)
    assert second is follower.notices[-1]
    assert len(follower.engine.events.asked) == 1


async def test_an_engine_that_restarts_is_followed_again_within_seconds(follower: Follower) -> None:
    await follower.start("redis")
    await follower.engine.stop()
    await follower.until(lambda: not follower.truth.fresh)
    await follower.until(lambda: bool(follower.resyncs()[-1].now.engine.status == "down"))
    await asyncio.sleep(2)
    follower.engine.containers["redis"].state = "exited"
    await follower.engine.start()
    took = await follower.until(lambda: follower.truth.fresh)
    assert took < 2
    last = follower.resyncs()[-1]
    assert last.why == "connected"
    assert last.previous is not None
    assert last.previous.containers is not None
    assert last.previous.containers["redis"].state == "running"
    assert follower.state("redis") == "exited"
    assert follower.log.events() == ["engine.lost", "engine.followed"]


async def test_whoever_sees_the_engine_answer_wakes_the_stream(follower: Follower) -> None:
    """After a long outage the next attempt is up to 5 s away; a status that was answered is news."""
    await follower.start("redis")
    await follower.engine.stop()
    await asyncio.sleep(300)
    await follower.engine.start()
    await follower.truth.look()
    assert await follower.until(lambda: follower.truth.fresh) < 0.5


async def test_attempts_are_spaced_out_up_to_five_seconds(follower: Follower) -> None:
    await follower.start("redis")
    follower.engine.say("/events", 500, {"message": "no"})
    follower.engine.events.end()
    await asyncio.sleep(60)
    before = follower.engine.calls.count("GET /events")
    await asyncio.sleep(600)
    assert follower.engine.calls.count("GET /events") - before == pytest.approx(600 / LATE, abs=3)
    assert follower.log.events() == ["engine.lost"]


async def test_a_broken_stream_goes_on_where_it_broke(follower: Follower) -> None:
    """What happened in between is told, and nothing twice."""
    await follower.start("redis")
    follower.engine.emit("kill", "redis", signal="15")
    await follower.until(lambda: len(follower.events()) == 1)
    follower.engine.events.cut()
    follower.engine.emit("die", "redis", exitCode="0")
    follower.engine.emit("stop", "redis")
    await follower.until(lambda: len(follower.events()) == 3)
    await asyncio.sleep(60)
    assert [action for action, _ in follower.events()] == ["kill", "die", "stop"]
    notices = [it for it in follower.notices if not isinstance(it, Looked)]
    told = [it.why if isinstance(it, Resync) else it.action for it in notices]
    assert told[:6] == ["connected", "kill", "lost", "connected", "die", "stop"]


async def test_an_event_from_the_future_hides_none_of_the_present(follower: Follower) -> None:
    """The clock was set back, or somebody lies."""
    await follower.start("redis")
    follower.engine.emit("kill", "redis", at=2**62, signal="15")
    await follower.until(lambda: len(follower.events()) == 1)
    follower.engine.events.cut()
    await follower.until(lambda: len(follower.engine.events.asked) == 2)
    assert float(follower.engine.events.asked[-1]["since"]) <= time.time()
    follower.engine.emit("die", "redis", exitCode="0")
    await follower.until(lambda: ("die", "redis") in follower.events())


async def test_all_is_looked_at_every_30_seconds(follower: Follower) -> None:
    await follower.start("redis")
    before = follower.engine.calls.count("GET /containers/json")
    await asyncio.sleep(10 * EVERY + 1)
    assert follower.engine.calls.count("GET /containers/json") - before == 10
    assert follower.truth.fresh
    assert follower.resyncs()[-1].why == "regular"
    assert follower.truth.stream_age is not None
    assert follower.truth.stream_age <= EVERY


async def test_a_quiet_hour_is_no_loss(follower: Follower) -> None:
    await follower.start("redis")
    await asyncio.sleep(3600)
    assert len(follower.engine.events.asked) == 1
    assert follower.log.entries == []


async def test_an_engine_that_hangs_under_an_open_stream_is_told_hung_in_time(
    follower: Follower,
) -> None:
    await follower.start("redis")
    follower.engine.hang("/json")
    took = await follower.until(lambda: follower.truth.engine.status == "hung", 120)
    assert took < EVERY + 20
    assert not follower.truth.fresh
    assert follower.truth.stream_age is not None
    assert follower.truth.stream_age > 20
    follower.engine.recover()
    await follower.until(lambda: follower.truth.fresh)


async def test_a_doubt_about_an_engine_that_hangs_is_settled_within_20_seconds(
    follower: Follower,
) -> None:
    """And not left to the next look that is due anyhow."""
    await follower.start("redis")
    await asyncio.sleep(1)
    follower.engine.hang("/json")
    follower.truth.doubt()
    assert await follower.until(lambda: follower.truth.engine.status == "hung", 120) < 20


async def test_docker_service_stopping_closes_the_stream_and_asks_nothing(
    follower: Follower,
) -> None:
    """An open stream holds its end up by 5 s, and a call would start it again through docker.socket."""
    await follower.start("redis")
    follower.unit.turns("deactivating")
    assert await follower.until(lambda: follower.engine.events.open == 0) < 0.1
    await follower.until(lambda: follower.resyncs()[-1].why == "leaving")
    view = follower.resyncs()[-1].now.engine
    assert (view.leaving, view.status, view.why) == (True, "down", "docker.service is deactivating")
    follower.unit.turns("inactive")
    calls = len(follower.engine.calls)
    await asyncio.sleep(600)
    await follower.truth.look()
    assert len(follower.engine.calls) == calls
    assert follower.truth.engine.silent > 600
    follower.unit.turns("activating")
    follower.unit.turns("active")
    assert await follower.until(lambda: follower.truth.fresh) < 0.5


async def test_a_bus_that_is_lost_leaves_the_engine_to_be_asked(follower: Follower) -> None:
    await follower.start("redis")
    follower.unit.turns("inactive")
    await follower.until(lambda: not follower.truth.fresh)
    follower.unit.breaks.set()
    await follower.until(lambda: follower.truth.fresh)
    assert follower.truth.engine.answers


async def test_a_bus_that_is_lost_is_found_again(follower: Follower) -> None:
    await follower.start("redis")
    follower.unit.breaks.set()
    await asyncio.sleep(3600)
    assert 30 < follower.unit.follows < 80


@pytest.mark.parametrize("told", [True, False])
async def test_after_a_sleep_all_is_looked_at_anew(follower: Follower, told: bool) -> None:
    """The loop's clock stands still meanwhile: what was seen a second ago may be of yesterday."""
    await follower.start("redis")
    await asyncio.sleep(1)
    assert follower.truth.fresh
    follower.unit.sleeps(8 * 3600.0, told=told)
    assert not follower.truth.fresh
    await follower.until(lambda: follower.resyncs()[-1].why == "woke", EVERY + 1)
    assert follower.truth.fresh
    assert follower.log.events().count("machine.woke") == 1


async def test_a_stream_that_tells_nothing_of_what_happens_is_opened_anew(
    follower: Follower,
) -> None:
    """It is open and the Engine answers; only looking shows that containers come and go unheard."""
    await follower.start("redis")
    follower.engine.containers["redis"].started = STARTED + timedelta(hours=1)
    await asyncio.sleep(2 * EVERY + 1)
    await follower.until(lambda: len(follower.engine.events.asked) == 2)
    assert "engine.deaf" in follower.log.events()
    await asyncio.sleep(600)
    assert len(follower.engine.events.asked) == 2


async def test_a_late_event_makes_no_deaf_stream(follower: Follower) -> None:
    await follower.start("redis")
    follower.engine.containers["redis"].started = STARTED + timedelta(hours=1)
    await follower.truth.look()
    await asyncio.sleep(1)
    follower.engine.emit("start", "redis")
    await asyncio.sleep(600)
    assert len(follower.engine.events.asked) == 1


async def test_a_container_that_compose_created_and_did_not_start_makes_no_deaf_stream(
    follower: Follower,
) -> None:
    await follower.start("redis")
    del follower.engine.containers["redis"]
    follower.engine.add(FakeContainer("redis", copy="2", state="created", started=None))
    await asyncio.sleep(600)
    assert len(follower.engine.events.asked) == 1


async def test_a_storm_is_told_in_order_and_looked_at_sparingly(follower: Follower) -> None:
    services = ["redis", "webui", "postgres", "ollama", "chromadb"]
    await follower.start(*services)
    before = len(follower.engine.calls)
    for _ in range(100):
        for service in services:
            follower.engine.emit("die", service, exitCode="1")
            follower.engine.emit("start", service)
    await follower.until(lambda: len(follower.events()) == 1000)
    assert follower.events()[:2] == [("die", "redis"), ("start", "redis")]
    assert len(follower.engine.calls) - before < 200


@pytest.mark.parametrize(
    "path", sorted(TRACES.glob("*/*.jsonl")), ids=lambda it: f"{it.parent.name}/{it.stem}"
)
async def test_what_real_engines_said_is_handed_on(follower: Follower, path: object) -> None:
    """All of it, in order, whatever the containers look like by the time they are looked at."""
    await follower.start("redis", "chromadb", "webui", "postgres", "ollama")
    recorded = trace(str(path).removeprefix(f"{TRACES}/").removesuffix(".jsonl"))
    for raw in recorded:
        service = raw["Actor"]["Attributes"].get("com.docker.compose.service")
        if service is not None:
            raw["Actor"]["ID"] = follower.engine.containers[service].id
        follower.engine.events.say(raw)
    await follower.until(lambda: len(follower.events()) == len(recorded))
    assert [action for action, _ in follower.events()] == [
        str(raw["Action"]).partition("_")[0] for raw in recorded
    ]
