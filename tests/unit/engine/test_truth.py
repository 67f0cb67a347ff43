"""The truth: what is asked of the Engine for it, who shares an answer, and what it makes of events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tarsd.engine.truth import Looked, Notice, Resync
from tarsd.host.docker_api import DockerApi
from tarsd.host.engine_events import EngineEvent
from tests.unit.engine.following import Follower
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine


@pytest.fixture
async def follower(engine: FakeEngine, docker: DockerApi) -> AsyncIterator[Follower]:
    made = Follower(engine, docker)
    yield made
    await made.stop()


def looks(engine: FakeEngine) -> int:
    return engine.calls.count("GET /containers/json")


def inspects(engine: FakeEngine) -> int:
    return sum(
        call.startswith("GET /containers/") and call.endswith("/json") for call in engine.calls
    ) - looks(engine)


async def test_a_look_shows_containers_networks_and_the_engine(follower: Follower) -> None:
    follower.engine.add(FakeContainer("redis"))
    follower.engine.networks |= {"tars_default": "tars", "other": "other"}
    follower.unit.started = STARTED
    assert (follower.truth.snapshot, follower.truth.fresh) == (None, False)
    found = await follower.truth.look()
    assert found.containers is not None
    assert found.containers["redis"].state == "running"
    assert found.networks == {"tars_default"}
    assert (found.engine.answers, found.engine.status, found.engine.since) == (True, "ok", STARTED)
    assert (found.engine.version, found.engine.docker_root) == ("26.1.5", "/")
    assert follower.truth.snapshot is found
    assert not follower.truth.fresh  # nobody follows the events


async def test_a_doubt_has_the_engine_asked_and_nobody_waits(follower: Follower) -> None:
    at = asyncio.get_running_loop().time()
    follower.truth.doubt()
    assert follower.truth.snapshot is None
    await asyncio.sleep(0.5)
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert snapshot.engine.asked is not None
    assert snapshot.engine.asked >= at
    follower.engine.delay = 100.0
    follower.truth.doubt()
    await asyncio.sleep(6)
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert (snapshot.engine.status, snapshot.engine.asked) == ("unknown", None)


async def test_callers_share_a_look_that_begins_after_their_call(follower: Follower) -> None:
    engine, truth = follower.engine, follower.truth
    engine.add(FakeContainer("redis"))
    engine.delay = 1.0
    first = asyncio.create_task(truth.look())
    await asyncio.sleep(0.5)
    engine.containers["redis"].state = "exited"  # the first look may have seen it, or not
    later = [asyncio.create_task(truth.look()) for _ in range(5)]
    found = await asyncio.gather(*later)
    assert len({id(it) for it in found}) == 1
    assert found[0] is not await first
    assert found[0].containers is not None
    assert found[0].containers["redis"].state == "exited"
    assert looks(engine) == 2


async def test_a_caller_that_gives_up_does_not_spoil_the_look_of_others(follower: Follower) -> None:
    follower.engine.delay = 1.0
    first, second = (asyncio.create_task(follower.truth.look()) for _ in range(2))
    await asyncio.sleep(0.5)
    first.cancel()
    assert (await second).containers == {}


async def test_an_event_is_handed_on_at_once_and_costs_one_inspect(follower: Follower) -> None:
    """The Engine keeps a container that has just died to itself for some milliseconds."""
    await follower.start("redis", "webui", "postgres")
    before, full = inspects(follower.engine), looks(follower.engine)
    follower.engine.containers["redis"].state = "exited"
    follower.engine.emit("die", "redis", exitCode="137")
    await follower.until(lambda: bool(follower.looked()))
    event, looked = follower.notices[-2:]
    assert isinstance(event, EngineEvent)
    assert isinstance(looked, Looked)
    assert looked.before is not None
    assert (looked.service, looked.before.state, looked.now.state) == ("redis", "running", "exited")
    assert follower.state("redis") == "exited"
    assert inspects(follower.engine) - before == 1
    assert looks(follower.engine) == full


async def test_a_container_that_does_not_answer_holds_no_event_up(follower: Follower) -> None:
    await follower.start("redis", "webui")
    follower.engine.hang(f"/containers/{follower.engine.containers['redis'].id}/json")
    follower.engine.emit("die", "redis", exitCode="1")
    await follower.until(lambda: ("die", "redis") in follower.events())
    follower.engine.emit("die", "webui", exitCode="1")
    assert await follower.until(lambda: ("die", "webui") in follower.events()) < 0.1


@pytest.mark.parametrize("action", ["kill", "oom"])
async def test_what_changes_nothing_costs_no_look(follower: Follower, action: str) -> None:
    """A child that is killed for memory again and again is told of five times a second."""
    await follower.start("redis")
    before = len(follower.engine.calls)
    for _ in range(20):
        follower.engine.emit(action, "redis", signal="15")
    await follower.until(lambda: len(follower.events()) == 20)
    assert len(follower.engine.calls) == before


async def test_a_recreated_container_takes_its_predecessors_place(follower: Follower) -> None:
    await follower.start("redis")
    old = follower.engine.containers["redis"]
    follower.engine.emit("kill", "redis", signal="15")
    follower.engine.emit("die", "redis", exitCode="0")
    follower.engine.emit("stop", "redis")
    follower.engine.emit("destroy", "redis")
    new = FakeContainer("redis", copy="2")
    del follower.engine.containers["redis"]
    follower.engine.add(new)
    follower.engine.emit("start", "redis2")
    await follower.until(lambda: len(follower.events()) == 5)
    assert [action for action, _ in follower.events()] == [
        "kill",
        "die",
        "stop",
        "destroy",
        "start",
    ]
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert snapshot.containers is not None
    assert snapshot.containers["redis"].id == new.id != old.id


async def test_a_container_that_only_claims_to_be_a_service_is_not_heard(
    follower: Follower,
) -> None:
    """Somebody's `docker run --label` with our labels: ours stays the service, its end is no event of ours."""
    follower.engine.add(FakeContainer("redis", labels={"com.docker.compose.config-hash": "c0"}))
    await follower.start()
    ours = follower.engine.containers["redis"]
    follower.engine.add(FakeContainer("redis", copy="false"))
    follower.engine.emit("start", "redisfalse")
    follower.engine.emit("die", "redisfalse", exitCode="1")
    follower.engine.emit("kill", "redis", signal="1")
    await follower.until(lambda: bool(follower.events()))
    assert follower.events() == [("kill", "redis")]
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert snapshot.containers is not None
    assert snapshot.containers["redis"].id == ours.id


async def test_of_two_compose_made_the_one_that_runs_is_the_service(follower: Follower) -> None:
    """While Compose recreates a service it has created the new one and not yet removed the old."""
    labels = {"com.docker.compose.config-hash": "c0"}
    follower.engine.add(FakeContainer("redis", labels=labels))
    follower.engine.add(FakeContainer("redis", copy="2", state="created", labels=labels))
    found = await follower.truth.look()
    assert found.containers is not None
    assert found.containers["redis"].state == "running"


async def test_a_network_that_is_removed_is_gone_at_once(follower: Follower) -> None:
    await follower.start("redis")
    del follower.engine.networks["tars_default"]
    follower.engine.emit_destroy("network", "tars_default")
    await follower.until(lambda: follower.resyncs()[-1].why == "event")
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert snapshot.networks == frozenset()


async def test_one_service_is_looked_at_alone(follower: Follower) -> None:
    await follower.start("redis", "webui")
    full = looks(follower.engine)
    follower.engine.containers["redis"].state = "paused"
    found = await follower.truth.look_at("redis")
    assert found is not None
    assert (found.state, follower.state("redis"), looks(follower.engine)) == (
        "paused",
        "paused",
        full,
    )
    del follower.engine.containers["redis"]
    assert await follower.truth.look_at("redis") is None
    assert await follower.truth.look_at("nothing") is None


async def test_what_the_engine_last_said_is_kept_and_not_taken_for_the_present(
    follower: Follower,
) -> None:
    await follower.start("redis")
    known = follower.truth.snapshot
    await follower.engine.stop()
    found = await follower.truth.look()
    assert (found.containers, found.engine.answers, found.engine.status) == (None, False, "down")
    assert follower.truth.answered == known
    assert not follower.truth.fresh
    last = follower.resyncs()[-1]
    assert last.previous == known
    assert last.now.containers is None


async def test_an_engine_that_hangs_is_slow_then_hung_and_its_silence_grows(
    follower: Follower,
) -> None:
    await follower.start("redis")
    follower.engine.hang()
    said = [(await follower.truth.look()).engine for _ in range(3)]
    assert [it.status for it in said] == ["unknown", "unknown", "hung"]
    assert [round(it.silent) for it in said[:2]] == [5, 10]
    assert said[2].silent >= 15  # it is asked beside this, too
    assert said[0].why == "the Docker Engine has not answered for 5.0 s; it may be busy"
    await asyncio.sleep(60)
    assert follower.truth.engine.silent > 70
    follower.engine.recover()
    found = await follower.truth.look()
    assert (found.engine.status, found.engine.silent) == ("ok", 0.0)


async def test_an_engine_of_another_time_is_unsupported_and_not_silent(follower: Follower) -> None:
    follower.engine.version["ApiVersion"] = "1.12"
    found = (await follower.truth.look()).engine
    assert (found.answers, found.status, found.silent) == (False, "unsupported", 0.0)


async def test_a_readers_defect_is_logged_and_costs_the_others_nothing(follower: Follower) -> None:
    def defect(_: Notice) -> None:
        raise ZeroDivisionError

    follower.truth.subscribe(defect)
    after: list[Notice] = []
    follower.truth.subscribe(after.append)
    await follower.start("redis")
    follower.engine.emit("kill", "redis")
    await follower.until(lambda: bool(follower.events()))
    assert len(after) == len(follower.notices)
    assert "truth.defect" in follower.log.events()


async def test_an_event_of_a_container_that_does_not_answer_ends_in_a_full_look(
    follower: Follower,
) -> None:
    await follower.start("redis", "webui")
    container = follower.engine.containers["redis"]
    follower.engine.hang(f"/containers/{container.id}/json")
    follower.engine.emit("die", "redis", exitCode="1")
    await follower.until(lambda: follower.resyncs()[-1].why == "event")
    last = follower.resyncs()[-1]
    assert (last.why, last.now.containers, last.now.engine.status) == ("event", None, "unknown")


async def test_a_die_that_was_overtaken_shows_the_container_as_it_is_now(
    follower: Follower,
) -> None:
    await follower.start("redis")
    container = follower.engine.containers["redis"]
    container.started = STARTED + timedelta(seconds=1)
    container.restarts = 1
    follower.engine.emit("die", "redis", exitCode="137")
    await follower.until(lambda: bool(follower.looked()))
    snapshot = follower.truth.snapshot
    assert snapshot is not None
    assert snapshot.containers is not None
    assert snapshot.containers["redis"].restarts == 1
    assert not [it for it in follower.notices if isinstance(it, Resync) and it.why == "event"]


async def test_between_two_streams_nothing_is_known_of_what_runs(follower: Follower) -> None:
    """A killed Engine takes its containers' ports along: what is asked then gets no answer, and is not to blame."""
    follower.engine.add(FakeContainer("redis"))
    truth = follower.truth
    truth.opened()
    await truth.look("connected")
    truth.closed()
    seen = truth.snapshot
    assert seen is not None
    assert seen.containers is None
    assert (seen.engine.answers, seen.engine.status) == (False, "unknown")
    assert truth.answered is not None
    assert truth.answered.containers is not None, "what was known before is still known as such"
    again = await truth.look("lost")
    assert again.engine.answers
    assert again.containers is not None


async def test_a_stream_that_cannot_be_opened_unsettles_nothing(follower: Follower) -> None:
    follower.engine.add(FakeContainer("redis"))
    await follower.truth.look()
    follower.truth.closed()
    seen = follower.truth.snapshot
    assert seen is not None
    assert seen.engine.answers
