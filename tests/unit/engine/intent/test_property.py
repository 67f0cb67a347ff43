"""Whatever happens in whatever order: nothing is recorded as stopped that the owner has not stopped himself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.clock import JumpingLoop
from tests.unit.engine.docker_home import SERVICES, DockerHome

Act = Callable[[DockerHome, str], Awaitable[None] | None]


async def engine_restarts(home: DockerHome, _: str) -> None:
    await home.restart_engine()
    await home.connect()


async def engine_is_killed(home: DockerHome, _: str) -> None:
    await home.kill_engine()
    await home.connect()


async def stream_breaks(home: DockerHome, _: str) -> None:
    home.lose_stream()
    await home.wait(3)
    await home.connect()


async def tarsd_is_killed(home: DockerHome, _: str) -> None:
    home.kill_tarsd()
    await home.wait(3)
    home.begin()
    await home.connect()


async def tarsd_is_restarted(home: DockerHome, _: str) -> None:
    await home.end_tarsd()
    home.memory.clear()  # health checks have filled it
    home.begin()
    await home.connect()


async def tarsd_is_killed_in_its_own_stop(home: DockerHome, service: str) -> None:
    if home.keeper.pending(service) or home.containers[service].state != "running":
        return  # the healer waits for the verdict
    home.acts[service] = home.now
    home.kill_tarsd()
    home.stop(service)
    home.begin()
    await home.connect()


async def healer_restarts(home: DockerHome, service: str) -> None:
    if home.keeper.pending(service) or home.containers[service].state != "running":
        return  # the healer waits for the verdict
    home.acts[service] = home.now
    home.healing.add(service)
    home.stop(service)
    await home.wait(0.5)
    home.start(service)
    home.healing.discard(service)


async def healer_stops(home: DockerHome, service: str) -> None:
    if home.keeper.pending(service) or home.containers[service].state != "running":
        return  # the healer waits for the verdict
    home.acts[service] = home.now
    home.healing.add(service)
    await home.wait(0.5)
    home.stop(service)
    home.healing.discard(service)


async def change_stops(home: DockerHome, service: str) -> None:
    """A change that fails half-way: what it stopped stays so, and is wanted running."""
    if home.containers[service].state != "running":
        return
    home.acts[service] = home.now
    home.changing.add(service)
    home.stop(service)
    await home.wait(5)
    home.changing.discard(service)


def engine_is_stopped_slowly(home: DockerHome, service: str) -> None:
    home.going_down = True
    home.stop(service)


async def restart_by_hand(home: DockerHome, service: str) -> None:
    home.stop(service)
    await home.wait(2)
    home.start(service)


def recreate(home: DockerHome, service: str) -> None:
    if service in home.containers:
        home.recreate(service)


def removed_and_created_again(home: DockerHome, service: str) -> None:
    home.kill(service)
    home.remove(service)
    home.create(service)
    home.start(service)


def doubled(home: DockerHome, _: str) -> None:
    for event in home.memory[-6:]:
        home.keeper.event(event)


def backwards(home: DockerHome, _: str) -> None:
    for event in reversed(home.memory[-6:]):
        home.keeper.event(event)


def foreign(home: DockerHome, service: str) -> None:
    other = replace(home.containers[service], id="f" * 12)
    for action in ("start", "kill", "stop", "die", "destroy"):
        home.tell(action, other, 0 if action == "die" else None)


def stop_of_long_ago(home: DockerHome, service: str) -> None:
    at = int((home.now - timedelta(minutes=30)).timestamp() * 10**9)
    home.tell("die", home.containers[service], 0, at=at)
    home.tell("stop", home.containers[service], at=at)


def clock_is_set(hours: float) -> Act:
    return lambda home, _: home.set_clock(timedelta(hours=hours))


def passes(seconds: float) -> Act:
    return lambda home, _: home.wait(seconds)


def starts(home: DockerHome, service: str) -> None:
    home.start(service)


NOT_BY_THE_OWNER: dict[str, Act] = {
    "crash": lambda home, service: home.crash(service),
    "docker kill": lambda home, service: home.kill(service),
    "docker restart": restart_by_hand,
    "docker start": starts,
    "force-recreate": recreate,
    "docker rm -f, and created again": removed_and_created_again,
    "Engine restart": engine_restarts,
    "Engine killed": engine_is_killed,
    "Engine going down slowly": engine_is_stopped_slowly,
    "stream breaks": stream_breaks,
    "tarsd killed": tarsd_is_killed,
    "tarsd restarted": tarsd_is_restarted,
    "tarsd killed in its own stop": tarsd_is_killed_in_its_own_stop,
    "healer restarts": healer_restarts,
    "healer stops": healer_stops,
    "change stops": change_stops,
    "resync": lambda home, _: home.resync(),
    "doubled": doubled,
    "backwards": backwards,
    "foreign": foreign,
    "long ago": stop_of_long_ago,
    "clock forward": clock_is_set(1),
    "1 s": passes(1),
    "16 s": passes(16),
    "5 min": passes(300),
}

STORY = st.lists(
    st.tuples(st.sampled_from(sorted(NOT_BY_THE_OWNER)), st.sampled_from(SERVICES)), max_size=14
)


async def play(home: DockerHome, story: list[tuple[str, str]]) -> None:
    await home.connect()
    for name, service in story:
        done = NOT_BY_THE_OWNER[name](home, service)
        if done is not None:
            await done
    await home.wait(60)


def on_a_loop(work: Callable[[], Awaitable[None]]) -> None:
    """Each example has a loop of its own, on which waiting costs no time."""

    async def whole() -> None:
        await work()

    loop = JumpingLoop()
    try:
        loop.run_until_complete(whole())
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(STORY)
def test_without_a_stop_of_the_owner_nothing_is_ever_wanted_stopped(
    story: list[tuple[str, str]],
) -> None:
    async def run() -> None:
        home = DockerHome()
        await play(home, story)
        assert home.disk.rows == {}, home.disk.rows

    on_a_loop(run)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(STORY, st.sampled_from(SERVICES))
def test_and_after_any_story_a_stop_of_the_owner_is_understood(
    story: list[tuple[str, str]], service: str
) -> None:
    """So that the other test does not hold because nothing ever is recorded."""

    async def run() -> None:
        home = DockerHome()
        await play(home, story)
        home.going_down = False
        home.start(service)
        await home.wait(200)  # the window in which a stop is still taken for an act of ours
        home.stop(service)
        await home.wait(20)
        assert home.wanted(service) == "stopped"
        home.start(service)
        await home.wait(2)
        assert home.wanted(service) == "running"

    on_a_loop(run)
