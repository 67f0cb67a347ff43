"""Services are asked on their period, a failure is looked into at once, and no hang is anybody's but the service's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise
from typing import cast

import pytest

from tarsd.catalogue.views import Answers
from tarsd.errors import Why
from tarsd.host.pressure import Pressure
from tarsd.settings import Monitor
from tests.unit.clock import JumpingLoop
from tests.unit.engine.probed import World

FIVE = ("chromadb", "ollama", "postgres", "redis", "webui")
MakeWorld = Callable[..., World]


@pytest.fixture
async def make() -> AsyncIterator[MakeWorld]:
    made: list[World] = []

    def world(*names: str) -> World:
        made.append(World(*names))
        return made[-1]

    yield world
    for it in made:
        it.prober.close()
    await asyncio.sleep(0)


@pytest.fixture
async def redis(make: MakeWorld) -> World:
    world = make("redis")
    world.follow()
    return world


async def until(world: World, at: float) -> None:
    await asyncio.sleep(at - world.at)


async def test_one_that_answers_is_ready_within_a_second(redis: World) -> None:
    assert redis.prober.answers("redis") == Answers()
    await until(redis, 1)
    known = redis.prober.answers("redis")
    assert (known.ready, known.passed, known.level, known.failures) == (True, True, "ready", 0)
    assert known.latency == pytest.approx(0.01)
    assert redis.passes.answered(redis.containers["redis"])
    assert [name for name, _ in redis.told] == ["redis"]


async def test_it_is_asked_once_in_a_period_and_told_of_only_once(redis: World) -> None:
    await until(redis, 1000)
    asked = redis.asked("redis")
    assert 100 <= len(asked) <= 102
    assert all(9.5 <= later - earlier <= 10.5 for earlier, later in pairwise(asked[1:]))
    assert len(redis.told) == 1


async def test_services_do_not_bunch(make: MakeWorld) -> None:
    world = make(*FIVE)
    world.follow()
    await until(world, 300)
    moments = sorted(it for name in FIVE for it in world.asked(name) if it > 20)
    assert min(later - earlier for earlier, later in pairwise(moments)) > 1


@pytest.mark.parametrize("since", [30.0, 30.15, 31.0, 35.0, 39.9])
async def test_a_hung_one_is_known_within_a_period_and_two_deadlines(
    redis: World, since: float
) -> None:
    await until(redis, since)
    redis.probes["redis"].hangs = True
    await until(redis, 100)
    (_, _), (_, at) = redis.told
    assert at - since <= 10 + 2 * 5 + 1
    known = redis.prober.answers("redis")
    assert (known.ready, known.why, known.level) == (False, "silent", None)
    assert known.failures >= 2


async def test_the_first_silence_of_a_row_is_told_at_once(redis: World) -> None:
    """The Engine is asked then: by the second one it is known whether that hangs, too."""
    probe = redis.probes["redis"]
    await until(redis, 30)
    probe.hangs = True
    await until(redis, 80)
    (first,) = redis.silences
    since = redis.prober.answers("redis").silent_since
    assert since is not None
    assert asyncio.get_running_loop().time() - since == pytest.approx(redis.at - first, abs=0.01)
    assert redis.told[-1][1] - first == pytest.approx(5.5, abs=0.2)
    probe.hangs = False
    await until(redis, 100)
    assert redis.prober.answers("redis").silent_since is None
    probe.why = "closed"
    await until(redis, 130)
    assert redis.prober.answers("redis").silent_since is None
    assert len(redis.silences) == 1


async def test_a_first_failure_is_looked_into_at_once_and_changes_nothing(redis: World) -> None:
    await until(redis, 5)
    redis.probes["redis"].why = "closed"
    redis.prober.ask_soon("redis")
    await asyncio.sleep(0.1)
    known = redis.prober.answers("redis")
    assert (known.ready, known.failures, known.why) == (True, 1, "closed")
    redis.probes["redis"].why = None
    await until(redis, 6)
    assert redis.prober.answers("redis").failures == 0
    assert redis.asked("redis")[-2:] == [pytest.approx(5.0, abs=0.2), pytest.approx(5.51, abs=0.2)]
    assert len(redis.told) == 1


async def test_one_that_starts_is_asked_every_second_until_it_answers(redis: World) -> None:
    await until(redis, 5)
    redis.probes["redis"].why = "refused"
    redis.restart("redis")
    assert redis.prober.answers("redis") == Answers(), "a new start begins anew"
    await until(redis, 25)
    young = [it for it in redis.asked("redis") if it > 5]
    assert 17 <= len(young) <= 21
    assert redis.prober.answers("redis").ready is False
    redis.probes["redis"].why = None
    await until(redis, 27)
    assert redis.prober.answers("redis").ready is True


async def test_beyond_its_grace_it_is_asked_on_its_period(redis: World) -> None:
    redis.probes["redis"].why = "refused"
    redis.restart("redis")
    await until(redis, 160)
    late = [it for it in redis.asked("redis") if it > 62]
    assert 9 <= len(late) <= 11


async def test_a_word_that_it_needs_time_is_no_failure(redis: World) -> None:
    redis.probes["redis"].why = "starting"
    await until(redis, 100)
    known = redis.prober.answers("redis")
    assert (known.ready, known.failures, known.level) == (False, 0, "live")


@pytest.mark.parametrize(
    ("why", "level"),
    [("sick", "live"), ("denied", "live"), ("refused", None), ("closed", None), ("foreign", None)],
)
async def test_what_answers_lives(redis: World, why: Why, level: str | None) -> None:
    redis.probes["redis"].why = why
    await until(redis, 30)
    known = redis.prober.answers("redis")
    assert (known.ready, known.level, known.why) == (False, level, why)


async def test_a_connection_that_is_taken_proves_life_and_no_more(make: MakeWorld) -> None:
    world = make("backend")
    world.levels["backend"] = "live"
    world.follow()
    await until(world, 1)
    known = world.prober.answers("backend")
    assert (known.ready, known.level) == (True, "live")


async def test_what_our_side_cannot_ask_says_nothing(redis: World) -> None:
    await until(redis, 5)
    redis.probes["redis"].why = "unasked"
    await until(redis, 60)
    known = redis.prober.answers("redis")
    assert (known.ready, known.failures, known.why) == (None, 0, "unasked")


async def test_a_defect_in_a_probe_is_told_as_one_and_ends_nothing(redis: World) -> None:
    redis.probes["redis"].raises = KeyError("x")
    await until(redis, 15)
    known = redis.prober.answers("redis")
    assert (known.ready, known.why) == (None, "unasked")
    assert "the probe itself failed: KeyError('x')" in str(known.reason)
    redis.probes["redis"].raises = None
    await until(redis, 30)
    assert redis.prober.answers("redis").ready is True


async def test_a_probe_that_breaks_its_deadline_is_a_hung_service(make: MakeWorld) -> None:
    world = make("redis", "postgres")
    world.probes["redis"].takes = 1e6
    world.follow()
    await until(world, 100)
    assert world.prober.answers("redis").why == "silent"
    assert len(world.asked("postgres")) >= 10, "and holds up no other"


async def test_a_service_is_never_asked_twice_at_once(make: MakeWorld) -> None:
    world = make("redis", "postgres")
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, world.probes["redis"].at_work)

    world.settings = Monitor(probe_period=2, probe_deadline=5)
    world.probes["redis"].hangs, world.probes["redis"].then = True, look
    world.follow()
    for _ in range(100):
        world.prober.ask_soon()
        await asyncio.sleep(0.3)
    assert most == 1


async def test_what_a_restart_overtook_counts_for_nothing(redis: World) -> None:
    """The answer that comes is the old start's."""
    await until(redis, 5)
    redis.probes["redis"].hangs = True
    redis.prober.ask_soon()
    await until(redis, 8)
    assert redis.probes["redis"].at_work == 1
    redis.probes["redis"].hangs = False
    redis.restart("redis")
    await until(redis, 9)
    assert redis.probes["redis"].at_work == 0
    known = redis.prober.answers("redis")
    assert (known.ready, known.failures) == (True, 0)


async def test_answers_are_of_one_start_only(redis: World) -> None:
    await until(redis, 1)
    old = redis.containers["redis"]
    assert redis.prober.answers("redis", old).ready is True
    newer = replace(old, started=redis.now())
    assert redis.prober.answers("redis", newer) == Answers()
    assert redis.prober.answers("webui") == Answers()


async def test_who_is_not_followed_any_more_is_not_asked(make: MakeWorld) -> None:
    world = make("redis", "postgres")
    world.follow()
    await until(world, 5)
    world.follow("postgres")
    assert world.prober.answers("redis") == Answers()
    count = len(world.asked("redis"))
    await until(world, 60)
    assert len(world.asked("redis")) == count


async def test_while_nobody_knows_what_runs_nobody_is_asked(redis: World) -> None:
    """Else a password might go to whoever has the port by now. What was answered is kept."""
    await until(redis, 5)
    redis.prober.follow(None)
    count = len(redis.asked("redis"))
    await until(redis, 60)
    assert len(redis.asked("redis")) == count
    assert redis.prober.answers("redis").ready is True
    redis.follow()
    await until(redis, 61)
    assert len(redis.asked("redis")) == count + 1


async def test_a_loop_that_stood_still_blames_nobody(redis: World) -> None:
    await until(redis, 5)
    loop = cast("JumpingLoop", asyncio.get_running_loop())
    probe = redis.probes["redis"]
    probe.why, probe.then = "silent", lambda: loop.stand_still(3)
    await until(redis, 60)
    known = redis.prober.answers("redis")
    assert (known.ready, known.failures) == (True, 0)
    assert len(redis.told) == 1
    probe.then = lambda: None
    await until(redis, 90)
    assert redis.prober.answers("redis").ready is False, "with a loop that turns it counts"


async def test_a_machine_that_slept_blames_nobody(redis: World) -> None:
    await until(redis, 5)
    probe = redis.probes["redis"]

    def sleep() -> None:
        redis.slept += 3600

    probe.why, probe.then = "closed", sleep
    await until(redis, 20)
    assert redis.prober.answers("redis").failures == 0
    assert redis.asked("redis")[-1] - redis.asked("redis")[-2] == pytest.approx(0.51, abs=0.3)


async def test_an_answer_that_a_late_loop_measured_has_no_latency(redis: World) -> None:
    await until(redis, 1)
    loop = cast("JumpingLoop", asyncio.get_running_loop())
    redis.probes["redis"].takes = 0.02
    redis.probes["redis"].then = lambda: loop.stand_still(3)
    await until(redis, 20)
    known = redis.prober.answers("redis")
    assert (known.ready, known.latency) == (True, pytest.approx(0.01))


async def test_labels_that_cannot_be_followed_are_a_problem_until_they_can(
    make: MakeWorld,
) -> None:
    world = make("redis")
    world.problems["redis"] = "tars.probe.url leads to 192.0.2.7, which is not this machine"
    world.follow()
    await until(world, 15)
    known = world.prober.answers("redis")
    assert (known.probed, known.ready) == (False, None)
    assert str(known.problem).startswith("tars.probe.url leads to")
    del world.problems["redis"]
    await until(world, 30)
    assert world.prober.answers("redis").ready is True
    assert world.prober.answers("redis").problem is None


async def test_a_new_generation_s_labels_are_followed_at_once(redis: World) -> None:
    await until(redis, 5)
    redis.problems["redis"] = "nonsense"
    redis.services["redis"] = replace(redis.services["redis"], image="redis:9")
    redis.follow()
    assert redis.prober.answers("redis").problem == "nonsense"


async def hang_all(world: World) -> float:
    """All at once, a minute after the beginning; returns when."""
    world.follow()
    await until(world, 60)
    for probe in world.probes.values():
        probe.hangs = True
    return world.at


async def test_when_all_are_silent_at_once_and_the_machine_is_short_it_is_the_machine(
    make: MakeWorld,
) -> None:
    world = make(*FIVE)
    await hang_all(world)
    world.pressure = Pressure(memory=60.0)
    await until(world, 300)
    known = [world.prober.answers(name) for name in FIVE]
    assert all(it.ready and it.failures < 2 for it in known)
    assert any("short of memory" in str(it.blame) for it in known)
    world.pressure = Pressure()
    for probe in world.probes.values():
        probe.hangs = False
    await until(world, 330)
    assert all(world.prober.answers(name).blame is None for name in FIVE)
    await until(world, 400)


async def test_without_any_such_sign_they_are_asked_once_more_and_then_it_is_they(
    make: MakeWorld,
) -> None:
    world = make(*FIVE)
    began = await hang_all(world)
    await until(world, began + 20)
    assert all(world.prober.answers(name).ready for name in FIVE)
    await until(world, began + 50)
    assert all(world.prober.answers(name).ready is False for name in FIVE)


async def test_a_machine_that_is_short_for_ever_is_no_excuse_for_ever(make: MakeWorld) -> None:
    world = make(*FIVE)
    began = await hang_all(world)
    world.pressure = Pressure(cpu=99.0)
    await until(world, began + 300)
    assert all(world.prober.answers(name).ready for name in FIVE)
    await until(world, began + 350)
    assert not any(world.prober.answers(name).ready for name in FIVE)


async def test_one_that_answers_clears_the_machine_s_name(make: MakeWorld) -> None:
    """It need not even do its work: a server that says no has had its time to say it."""
    world = make(*FIVE)
    world.pressure = Pressure(memory=60.0)
    world.probes["redis"].why = "sick"
    began = await hang_all(world)
    world.probes["redis"].hangs = False
    await until(world, began + 30)
    assert [name for name in FIVE if world.prober.answers(name).ready] == []
