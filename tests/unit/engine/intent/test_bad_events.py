"""Events that are told twice, late, by nobody, or by a clock that is set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.engine.docker_home import DockerHome


async def test_doubled(home: DockerHome) -> None:
    home.stop()
    for event in [*home.memory, *home.memory]:
        home.keeper.event(event)
    await home.wait(16)
    assert home.wanted() == "stopped"
    home.start()
    await home.wait(1)
    for event in home.memory:
        home.keeper.event(event)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_out_of_order(home: DockerHome) -> None:
    home.connected = False
    home.stop()
    home.start()
    for event in reversed(home.memory):
        home.keeper.event(event)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_a_stop_of_long_ago_and_a_crash_of_now(home: DockerHome) -> None:
    home.end("redis", 1)
    old = int((home.now - timedelta(hours=1)).timestamp() * 10**9)
    for action in ("kill", "die", "stop"):
        home.tell(action, home.containers["redis"], 0 if action == "die" else None, at=old)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_a_stop_of_the_future(home: DockerHome) -> None:
    home.kill()
    ahead = int((home.now + timedelta(hours=1)).timestamp() * 10**9)
    for action in ("die", "stop"):
        home.tell(action, home.containers["redis"], 0 if action == "die" else None, at=ahead)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_of_a_foreign_container_with_our_labels(home: DockerHome) -> None:
    ours = home.containers["redis"]
    home.kill()
    foreign = replace(ours, id="f" * 12)
    for action in ("start", "kill", "stop", "die", "destroy"):
        home.tell(action, foreign, 0 if action == "die" else None)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_of_one_that_nobody_knows_where_ours_is_gone(home: DockerHome) -> None:
    home.kill()
    foreign = replace(home.remove(), id="f" * 12)
    for action in ("start", "kill", "stop", "die", "destroy"):
        home.tell(action, foreign, 0 if action == "die" else None)
    await home.wait(60)
    assert home.wanted() == "running"


async def test_of_a_service_that_the_stack_does_not_have(home: DockerHome) -> None:
    home.containers["evil"] = home.fresh("evil", home.now)
    home.stop("evil")
    await home.wait(60)
    assert home.disk.rows == {}


async def test_thousands_of_them(home: DockerHome) -> None:
    foreign = home.containers["redis"]
    for number in range(3000):
        home.tell("kill", replace(foreign, id=f"{number:064x}"))
    home.stop()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_a_stop_dated_otherwise_than_the_end_that_inspect_shows(home: DockerHome) -> None:
    home.kill()
    await home.wait(60)
    for action in ("die", "stop"):
        home.tell(action, home.containers["redis"], 137 if action == "die" else None)
    await home.wait(60)
    assert home.wanted() == "running"
    assert home.log.events() == ["intent.unclear"]


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_is_set_between_stop_and_verdict(home: DockerHome, hours: int) -> None:
    home.stop()
    home.set_clock(timedelta(hours=hours))
    await home.wait(16)
    assert home.wanted() == "stopped"
    home.start()
    await home.wait(1)
    await home.resync()
    await home.wait(1)
    assert home.wanted() == "running"


async def test_a_clock_that_was_set_back_before(home: DockerHome) -> None:
    home.set_clock(timedelta(hours=-5))
    home.stop()
    await home.wait(16)
    assert home.wanted() == "stopped"
    home.start()
    await home.wait(1)
    assert home.wanted() == "running"
