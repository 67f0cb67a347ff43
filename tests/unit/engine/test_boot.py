"""After a boot one verdict is told: when all that should run works, or what does not once its time is over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tarsd.engine.boot import FRESH, BootWatch, Stage, ThisBoot, wait_for_all
from tarsd.errors import StateUnavailable
from tarsd.observe.boot import BootJournal
from tarsd.store import Database
from tarsd.store.boots import BootStore, BootVerdict
from tests.unit.log import Log


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "state.db")
    await opened.open()
    yield opened
    await opened.close()


def stage(
    deadline: float, there_after: float | None, words: str = "redis: it does not answer yet"
) -> Stage:
    """Something that is there so many seconds after its first look; None: never."""
    began: list[float] = []

    async def missing() -> Sequence[str]:
        time = asyncio.get_running_loop().time()
        began[:] = began or [time]
        there = there_after is not None and time - began[0] >= there_after
        return [] if there else [words]

    return Stage(lambda: deadline, missing)


class Morning:
    """A machine that was switched on a few seconds ago, and its records."""

    def __init__(self, database: Database, *, services: int | None = 4, up: float = 12.0) -> None:
        self.log = Log()
        self.store = BootStore(database)
        self.services = services
        self.up = up
        self.boot = "b1"

    def watch(self, *stages: Stage) -> BootWatch:
        loop = asyncio.get_running_loop()
        booted = loop.time() - self.up
        this = ThisBoot(self.boot, lambda: loop.time() - booted)
        return BootWatch(
            stages, lambda: self.services, this, self.store, BootJournal(self.log.logger)
        )


async def test_all_comes_up(database: Database) -> None:
    """The Engine at once, the services half a minute later."""
    morning = Morning(database)
    watch = morning.watch(stage(120, 0), stage(900, 29))
    await watch.run()
    assert watch.last is not None
    assert (watch.last.verdict, watch.last.services, watch.last.missing) == ("GO", 4, ())
    assert 41 <= watch.last.seconds < 43
    assert morning.log.events() == ["boot.go"]
    assert morning.log.entries[0]["message"].startswith("GO: 4 services work, 4")
    assert await morning.store.of("b1") == watch.last


async def test_a_service_never_answers(database: Database) -> None:
    morning = Morning(database)
    watch = morning.watch(stage(120, 0), stage(900, None))
    await watch.run()
    assert watch.last is not None
    assert watch.last.verdict == "NO-GO"
    assert watch.last.missing == ("redis: it does not answer yet",)
    assert 912 <= watch.last.seconds < 915
    (entry,) = morning.log.entries
    assert (entry["event"], entry["log_level"]) == ("boot.no-go", "warning")
    assert entry["message"].endswith("after the boot: redis: it does not answer yet")


async def test_what_comes_late_and_still_in_time_is_not_held_against_the_boot() -> None:
    """A NAS that is there two minutes after its own time, while services are still waited for."""
    assert await wait_for_all([stage(60, 180, "NAS"), stage(900, 300)]) == []


async def test_what_never_comes_does_not_keep_the_others_from_being_told() -> None:
    found = await wait_for_all([stage(60, None, "NAS"), stage(900, 10)])
    assert found == ["NAS"]


async def test_deadlines_count_from_the_first_look() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert len(await wait_for_all([stage(60, None), stage(100, None), stage(90, None)])) == 3
    assert 100 <= loop.time() - began < 103


async def test_an_upgrade_of_the_daemon_is_no_boot(database: Database) -> None:
    """It is started again in the same boot: one verdict, and status goes on showing it."""
    morning = Morning(database)
    first = morning.watch(stage(900, 3))
    await first.run()
    second = morning.watch(stage(900, None))
    await second.run()
    assert morning.log.events() == ["boot.go"]
    assert second.last == first.last


async def test_a_daemon_killed_while_it_waits_leaves_it_to_the_next(database: Database) -> None:
    morning = Morning(database)
    watching = asyncio.create_task(morning.watch(stage(900, None)).run())
    await asyncio.sleep(60)
    watching.cancel()
    await asyncio.wait([watching])
    assert morning.log.events() == []
    await morning.watch(stage(900, 5)).run()
    assert morning.log.events() == ["boot.go"]


async def test_the_next_boot_has_a_verdict_of_its_own(database: Database) -> None:
    morning = Morning(database)
    await morning.watch(stage(900, 3)).run()
    morning.boot = "b2"
    await morning.watch(stage(10, None)).run()
    assert morning.log.events() == ["boot.go", "boot.no-go"]


async def test_what_is_installed_later_in_this_boot_did_not_come_up_with_it(
    database: Database,
) -> None:
    """Booted, nothing installed; then an install, and tarsd is restarted a minute later."""
    morning = Morning(database, services=0)
    await morning.watch(stage(900, 0)).run()
    morning.services = 4
    watch = morning.watch(stage(900, 0))
    await watch.run()
    assert (morning.log.events(), watch.last) == ([], None)


async def test_a_stack_that_cannot_be_read_is_no_go_and_not_silence(database: Database) -> None:
    morning = Morning(database, services=None)
    await morning.watch(stage(900, None, "what runs cannot be told")).run()
    assert morning.log.events() == ["boot.no-go"]


async def test_a_package_installed_long_after_the_boot_says_nothing_of_it(
    database: Database,
) -> None:
    morning = Morning(database, up=FRESH + 1)
    watch = morning.watch(stage(900, 0))
    await watch.run()
    assert (morning.log.events(), watch.last) == ([], None)


class NoDisk(BootStore):
    """It gives nothing and takes nothing."""

    async def of(self, boot: str) -> BootVerdict | None:
        raise StateUnavailable("cannot read state.db: the disk does not answer")

    async def keep(self, verdict: BootVerdict) -> None:
        raise StateUnavailable("cannot write state.db: the disk is full")


async def test_a_full_disk_costs_the_record_and_not_the_verdict(database: Database) -> None:
    morning = Morning(database)
    morning.store = NoDisk(database)
    watch = morning.watch(stage(900, 3))
    await watch.run()
    assert watch.last is not None
    assert morning.log.events() == ["boot.unrecorded", "boot.go", "boot.unrecorded"]


async def test_a_defect_ends_the_watch_and_nothing_else(database: Database) -> None:
    async def broken() -> Sequence[str]:
        raise ZeroDivisionError

    morning = Morning(database)
    await morning.watch(Stage(lambda: 1.0, broken)).run()
    assert morning.log.events() == ["boot.defect"]
