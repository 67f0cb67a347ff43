"""An Engine that goes down, comes back or is killed has stopped nothing that its owner wanted stopped."""

from tarsd.engine.intent import UNFOLLOWED
from tests.unit.engine.docker_home import DockerHome


async def test_an_engine_going_down_stops_all_and_nobody_wanted_that(home: DockerHome) -> None:
    home.going_down = True
    home.stop()
    await home.wait(60)  # postgres takes its time
    home.stop("postgres")
    assert home.wanted() == home.wanted("postgres") == "running"


async def test_an_engine_restart_starts_them_again(home: DockerHome) -> None:
    await home.restart_engine()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == home.wanted("postgres") == "running"
    assert not home.keeper.left_by_engine("redis")
    assert home.log.events() == []


async def test_what_a_killed_engine_leaves_was_stopped_by_nobody(home: DockerHome) -> None:
    await home.kill_engine()
    await home.connect()
    assert home.keeper.left_by_engine("redis")
    assert not home.keeper.pending("redis"), "it is to be started at once"
    await home.wait(60)
    assert home.wanted() == home.wanted("postgres") == "running"
    assert home.log.events() == []
    home.start()
    assert not home.keeper.left_by_engine("redis")


async def test_until_the_new_engine_is_followed_no_end_is_held_against_a_service(
    home: DockerHome,
) -> None:
    """It may answer a look before its stream is open: what it shows as ended ended with the Engine before it."""
    await home.kill_engine()
    assert home.keeper.pending("redis")
    await home.wait(UNFOLLOWED + 1)
    assert not home.keeper.pending("redis"), (
        "but one that cannot be followed hides no fault for ever"
    )


async def test_a_stop_just_before_the_engine_ends_is_in_doubt_and_wanted_running(
    home: DockerHome,
) -> None:
    home.stop()
    await home.wait(5)
    await home.restart_engine()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == "running"


async def test_what_was_stopped_stays_so_over_an_engine_restart(home: DockerHome) -> None:
    home.stop()
    await home.wait(16)
    await home.restart_engine()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == "stopped"
    assert not home.keeper.left_by_engine("postgres")


async def test_a_start_by_hand_soon_after_an_engine_restart_is_heard_as_it_happens(
    home: DockerHome,
) -> None:
    home.stop()
    await home.wait(16)
    await home.restart_engine()
    await home.connect()
    await home.wait(5)
    home.start()
    await home.wait(2)
    assert home.wanted() == "running"


async def test_a_boot_that_starts_what_is_wanted_stopped_is_no_wish(home: DockerHome) -> None:
    home.tarsctl("redis", "stopped")
    await home.restart_engine()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == "stopped"


async def test_a_stop_while_the_stream_is_cut_is_told_by_the_engines_memory(
    home: DockerHome,
) -> None:
    home.lose_stream()
    home.stop()
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_a_stop_whose_verdict_the_end_of_the_stream_dropped_is_told_again(
    home: DockerHome,
) -> None:
    home.stop()
    await home.wait(5)
    home.lose_stream()
    await home.wait(60)
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_tarsd_that_is_restarted_within_the_fifteen_seconds_still_understands(
    home: DockerHome,
) -> None:
    home.stop()
    await home.wait(5)
    await home.end_tarsd()
    home.begin()
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_tarsd_killed_between_its_own_stop_and_the_event(home: DockerHome) -> None:
    """The act is on disk; the new daemon's healer has not settled it yet, then it has."""
    home.acts["redis"] = home.now
    home.kill_tarsd()
    home.stop()
    home.begin()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == "running"
    assert home.log.events() == []


async def test_tarsctl_restart_cut_off_by_a_kill_is_the_changes_business(home: DockerHome) -> None:
    home.tarsctl("redis", "running")
    home.changing.add("redis")
    home.kill_tarsd()
    home.stop()
    home.begin()
    await home.connect()
    await home.wait(60)
    assert home.wanted() == "running"


async def test_a_stop_soon_after_an_engine_restart_that_a_new_tarsd_hears_of(
    home: DockerHome,
) -> None:
    """The one before had followed this Engine: it takes no call before it has stopped and started what it does by itself."""
    await home.restart_engine()
    await home.connect()
    await home.wait(40)
    await home.end_tarsd()
    home.stop()
    home.begin()
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "stopped"


async def test_a_stop_that_an_engine_which_nobody_has_followed_tells_of_at_its_start(
    home: DockerHome,
) -> None:
    await home.end_tarsd()
    await home.kill_engine()
    home.begin()
    await home.connect()
    await home.wait(20)
    assert home.wanted() == "running"
    assert home.log.events() == ["intent.unclear"] * 2
