"""An Engine, a systemd or a disk that does not answer."""

from datetime import datetime, timezone

from tests.unit.engine.docker_home import DockerHome


async def test_an_engine_that_does_not_answer_by_then(home: DockerHome) -> None:
    home.stop()
    home.silent = True
    await home.wait(20)
    assert home.wanted() == "running"
    assert home.log.events() == ["intent.unclear"]


async def test_a_systemd_that_does_not_answer(home: DockerHome) -> None:
    home.systemd_silent = True
    home.stop()
    await home.wait(20)
    assert home.wanted() == "running"
    assert home.log.events() == ["intent.unclear"]


async def test_a_full_disk_is_said_once_and_tried_until_it_takes_it(home: DockerHome) -> None:
    home.disk.full = True
    home.stop()
    await home.wait(120)
    assert home.wanted() == "running"
    assert home.keeper.wanted()["redis"] == "stopped"
    assert home.log.events() == ["intent.unrecorded"]
    home.disk.full = False
    await home.wait(20)
    assert home.wanted() == "stopped"
    assert home.log.events() == ["intent.unrecorded", "intent.stopped"]


async def test_before_the_disk_has_been_read_nothing_is_taken_for_wanted_running(
    home: DockerHome,
) -> None:
    home.stop()
    await home.wait(20)
    await home.end_tarsd()
    home.disk.unread, home.disk.latest = True, None
    home.begin()
    await home.connect()
    await home.wait(60)
    assert home.keeper.pending("redis")
    home.disk.unread = False
    await home.wait(20)
    assert not home.keeper.pending("redis")
    assert home.keeper.wanted() == {"redis": "stopped"}


async def test_a_disk_that_cannot_be_read_puts_the_verdict_off(home: DockerHome) -> None:
    home.disk.unread = True
    home.stop()
    await home.wait(60)
    assert home.keeper.pending("redis")
    home.disk.unread = False
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_a_start_after_a_stop_that_was_never_written(home: DockerHome) -> None:
    home.disk.full = True
    home.stop()
    await home.wait(20)
    home.start()
    await home.wait(20)
    home.disk.full = False
    await home.wait(20)
    assert home.wanted() == "running"


async def test_a_quiet_day_costs_the_disk_a_write_in_ten_minutes(home: DockerHome) -> None:
    await home.wait(20)
    before = home.disk.writes
    for _ in range(24 * 120):
        await home.wait(30)
        await home.resync()
    assert home.disk.writes - before <= 145


async def test_a_note_from_the_future_is_not_asked_from(home: DockerHome) -> None:
    home.disk.watched = int(datetime(2030, 1, 1, tzinfo=timezone.utc).timestamp()) * 10**9
    home.kill_tarsd()
    home.begin()
    assert await home.keeper.since() is None
