"""The owner's own `docker stop` and `docker start` are understood; nothing that looks like them is taken for them."""

from dataclasses import replace

import pytest

from tests.unit.engine.docker_home import DockerHome


async def test_a_stop_by_hand_is_the_owners_wish(home: DockerHome) -> None:
    home.stop()
    assert home.keeper.pending("redis")
    await home.wait(14)
    assert home.wanted() == "running"
    await home.wait(2)
    assert home.wanted() == "stopped"
    assert not home.keeper.pending("redis")
    assert home.disk.rows["redis"].reason.startswith("docker stop seen at 2026-11-25T13:00:")
    assert home.log.events() == ["intent.stopped"]
    assert home.wanted("postgres") == "running"


async def test_a_restart_by_hand_is_none(home: DockerHome) -> None:
    home.stop()
    await home.wait(1)
    home.start()
    assert not home.keeper.pending("redis")
    await home.wait(60)
    assert home.wanted() == "running"
    assert home.log.events() == []


async def test_a_recreation_is_none_however_long_it_takes_to_start(home: DockerHome) -> None:
    home.stop()
    home.remove()
    home.create()
    await home.wait(40)
    home.start()
    await home.wait(60)
    assert home.wanted() == "running"
    assert home.log.events() == []


@pytest.mark.parametrize("signal", [9, 15])
async def test_a_docker_kill_is_a_fault(home: DockerHome, signal: int) -> None:
    home.kill(signal=signal)
    assert home.keeper.pending("redis"), "it may yet be a stop"
    await home.wait(2.1)
    assert not home.keeper.pending("redis")
    await home.wait(60)
    assert home.wanted() == "running"


async def test_a_crash_is_a_fault_at_once(home: DockerHome) -> None:
    home.crash()
    assert not home.keeper.pending("redis")
    await home.wait(60)
    assert home.wanted() == "running"


async def test_who_stops_what_crashes_again_and_again_wants_it_stopped(home: DockerHome) -> None:
    for _ in range(4):
        home.crash()
        await home.wait(3)
    home.end("redis", 3)
    home.containers["redis"] = replace(home.containers["redis"], state="restarting")
    await home.wait(40)
    home.stop_waiting()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_a_slow_stop_that_ends_in_a_kill_is_the_owners_too(home: DockerHome) -> None:
    home.tell("kill", home.containers["redis"], 15)
    await home.wait(120)
    home.tell("kill", home.containers["redis"], 9)
    home.end("redis", 137)
    home.tell("stop", home.containers["redis"])
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_compose_down_is_the_owners_stop_although_the_container_is_gone(
    home: DockerHome,
) -> None:
    home.stop()
    home.remove()
    await home.resync()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_a_forced_removal_is_a_fault(home: DockerHome) -> None:
    home.kill()
    home.remove()
    await home.wait(60)
    assert home.wanted() == "running"


async def test_a_start_by_hand_takes_the_wish_back(home: DockerHome) -> None:
    home.stop()
    await home.wait(20)
    home.start()
    await home.wait(1)
    assert home.wanted() == "running"
    assert home.disk.rows["redis"].reason.startswith("docker start seen at ")
    assert home.log.events() == ["intent.stopped", "intent.running"]


async def test_compose_up_of_a_new_container_takes_it_back_too(home: DockerHome) -> None:
    home.stop()
    home.remove()
    await home.wait(20)
    home.create()
    home.start()
    await home.wait(1)
    assert home.wanted() == "running"


async def test_a_start_of_which_no_event_told_is_seen_by_the_next_look(home: DockerHome) -> None:
    home.stop()
    await home.wait(16)
    home.connected = False
    home.start()
    await home.resync()
    await home.wait(1)
    assert home.wanted() == "running"


async def test_a_look_that_was_taken_before_the_stop_changes_nothing(home: DockerHome) -> None:
    before = await home.look()
    home.stop()
    home.keeper.seen(before)
    await home.wait(16)
    assert home.wanted() == "stopped"
    home.keeper.seen(before)
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_dockers_own_restart_of_what_is_wanted_stopped_is_no_wish(home: DockerHome) -> None:
    home.tarsctl("redis", "stopped")  # it runs all the same, and crashes
    home.crash()
    await home.wait(60)
    assert home.wanted() == "stopped"


@pytest.mark.parametrize("whose", ["changing", "healing"])
async def test_what_we_stop_ourselves_is_not_the_owners(home: DockerHome, whose: str) -> None:
    getattr(home, whose).add("redis")
    home.stop()
    getattr(home, whose).clear()
    await home.wait(60)
    assert home.wanted() == "running"
    home.start()
    await home.wait(5)
    home.stop()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_an_event_of_our_stop_that_comes_after_the_act_is_ours_and_the_next_is_not(
    home: DockerHome,
) -> None:
    home.acts["redis"] = home.now
    await home.wait(1)
    home.stop()
    await home.wait(16)
    assert home.wanted() == "running"
    home.start()
    await home.wait(5)
    home.stop()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_a_stop_soon_after_the_healer_has_started_it_is_the_owners(home: DockerHome) -> None:
    home.kill()
    await home.wait(5)
    home.acts["redis"] = home.now
    await home.wait(0.2)
    home.start()
    await home.wait(20)
    home.stop()
    await home.wait(16)
    assert home.wanted() == "stopped"


async def test_so_it_is_for_a_tarsd_that_was_restarted_since(home: DockerHome) -> None:
    home.kill()
    await home.wait(5)
    home.acts["redis"] = home.now
    await home.wait(0.2)
    home.start()
    await home.wait(20)
    home.stop()
    home.kill_tarsd()
    home.begin()
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_who_waits_for_a_verdict_is_told_of_it_and_of_none(home: DockerHome) -> None:
    home.verdicts = 0
    home.kill()
    await home.wait(2.2)
    assert home.verdicts == 1
    home.start()
    home.stop()
    await home.wait(16)
    assert home.verdicts == 2
    await home.wait(3600)
    assert home.verdicts == 2


async def test_what_we_start_ourselves_is_not_the_owners(home: DockerHome) -> None:
    home.stop()
    await home.wait(16)
    home.changing.add("redis")
    home.start()
    await home.wait(60)
    assert home.wanted() == "stopped"


async def test_tarsctl_has_the_last_word(home: DockerHome) -> None:
    home.stop()
    home.disk.full = True
    await home.wait(16)
    home.disk.full = False
    home.tarsctl("redis", "running")
    await home.wait(30)
    assert home.wanted() == "running"
