"""state.db over the days: opened again when the disk is back, taken over before anything new begins, copied hourly."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.changes.model import Change, ChangeStatus, Task, TaskStatus
from tarsd.changes.runner import Changes
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tarsd.store.recovery import good_copy, set_aside
from tarsd.upkeep import COPY_LOOKS, LOOK_EVERY, Upkeep
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import LINGER, Linger, Make, make
from tests.unit.log import Log
from tests.unit.store.facts import fill, summaries


class Kept:
    """A state.db under upkeep, on a disk that is not there while `path` lies in no directory of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = Log()
        self.made: set[str] = set()
        self.linger = Linger()
        self.database = Database(path)
        self.changes = Changes(
            ChangeStore(self.database),
            [Make(self.made), self.linger],
            self.log.logger,
            lambda: None,
        )
        self.upkeep = Upkeep(self.database, self.changes, self.log.logger)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self.upkeep.run())
        await self.upkeep.taken_over.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.changes.stop()
        await self.database.close()


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    made = Kept(tmp_path / "state" / "state.db")
    yield made
    await made.stop()


async def interrupted(path: Path) -> Change:
    """A change on disk as a crash leaves it."""
    path.parent.mkdir(exist_ok=True)
    database = Database(path)
    await database.open()
    wanted = Change(
        "",
        "purge",
        "purge it",
        ChangeStatus.DOING,
        frozenset({"a"}),
        "2026-11-22T03:12:04.100Z",
        [],
    )
    wanted.id = await ChangeStore(database).add(wanted)
    await database.close()
    return wanted


def take_disk_away(path: Path) -> None:
    """As at a boot on which it is not there yet: nothing can be opened where it should be."""
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.write_text("a file where the directory should be\n")


def give_disk_back(path: Path) -> None:
    path.parent.unlink()
    path.parent.with_name("elsewhere").rename(path.parent)


async def test_what_was_interrupted_goes_on_once_the_disk_is_back(kept: Kept) -> None:
    """Else it is `doing` for ever, an abort does nothing, and an install begins beside it."""
    before = await interrupted(kept.path)
    take_disk_away(kept.path)
    await kept.start()
    assert not kept.database.writable
    assert kept.changes.current is None
    assert "state.trouble" in kept.log.events()

    give_disk_back(kept.path)
    await asyncio.sleep(LOOK_EVERY + 1)
    assert kept.database.writable
    assert "change.resumed" in kept.log.events()
    assert (await end(kept.changes, before)).status is ChangeStatus.DONE
    assert kept.log.events().count("state.trouble") == 1
    assert "state.well" in kept.log.events()


async def test_what_was_interrupted_is_taken_over_before_anything_new_begins(kept: Kept) -> None:
    """The disk is back and open, and nobody has looked into it yet when the owner asks."""
    before = await interrupted(kept.path)
    await kept.database.open()
    assert kept.changes.behind
    begun = await kept.changes.begin("try", "try it", {"b"}, make("one"))
    assert "change.resumed" in kept.log.events()
    for change in (before, begun):
        assert (await end(kept.changes, change)).status is ChangeStatus.DONE


async def test_what_runs_is_not_begun_a_second_time(kept: Kept) -> None:
    await kept.start()
    begun = await kept.changes.begin("try", "try it", {"a"}, make("one"))
    await kept.database.open()
    await kept.changes.resume()
    assert "change.resumed" not in kept.log.events()
    assert (await end(kept.changes, begun)).status is ChangeStatus.DONE


async def test_what_runs_is_on_record_although_an_older_copy_took_the_files_place(
    kept: Kept,
) -> None:
    await kept.start()
    begun = await kept.changes.begin("try", "try it", {"a"}, make("one"))
    await kept.database.call(lambda connection: connection.execute("DELETE FROM change"))
    await kept.database.open()
    await kept.changes.resume()
    other = await kept.changes.begin("try", "another", {"b"}, make("two"))
    assert other.id != begun.id
    ended = await end(kept.changes, begun)
    assert (ended.summary, ended.status) == ("try it", ChangeStatus.DONE)


@pytest.mark.parametrize("status", [ChangeStatus.PLANNED, ChangeStatus.DOING, ChangeStatus.UNDOING])
async def test_what_an_older_copy_holds_for_running_is_neither_gone_on_with_nor_undone(
    kept: Kept, status: ChangeStatus
) -> None:
    """A purge was on its way when the copy was made, and has ended long ago: it is not to purge what came after it."""
    kept.path.parent.mkdir()
    tasks = [Task(1, "make", 2, "make one", {"name": "one"}, {"was there": False})]
    tasks[0].status = TaskStatus.DOING
    before = Change(
        "", "purge", "purge it", status, frozenset({"a"}), "2026-11-22T03:12:04.100Z", tasks
    )
    database = Database(kept.path)
    await database.open()
    before.id = await ChangeStore(database).add(before)
    await database.keep_good_copy()
    await database.close()
    kept.path.write_bytes(b"rubbish")
    kept.made.add("one")

    await kept.start()
    await asyncio.sleep(1)
    ended = await kept.changes.get(before.id)
    assert kept.made == {"one"}
    assert "change.resumed" not in kept.log.events()
    assert (ended.status, ended.tasks[0].status) == (ChangeStatus.NEEDS_OWNER, TaskStatus.FAILED)
    assert ended.error is not None
    assert ended.error["kind"] == "track-lost"
    assert ended.result is not None
    assert ended.result["verdict"] == "NO-GO"
    assert kept.database.trouble is not None
    assert f"{before.id} (purge it)" in kept.database.trouble.message


async def test_what_runs_goes_on_although_an_older_copy_lost_track_of_it(kept: Kept) -> None:
    await kept.start()
    begun = await kept.changes.begin("try", "try it", {"a"}, [LINGER])
    await kept.linger.begun.wait()
    await kept.database.keep_good_copy()
    set_aside(kept.path, "is damaged")
    await kept.database.open()
    await kept.changes.resume()
    (recorded,) = await ChangeStore(kept.database).unfinished()
    assert (recorded.id, recorded.error) == (begun.id, None)
    kept.linger.enough.set()
    assert (await end(kept.changes, begun)).status is ChangeStatus.DONE


async def test_a_good_copy_is_made_at_once_and_then_hourly(kept: Kept) -> None:
    await kept.start()
    await asyncio.sleep(1)
    copy = good_copy(kept.path)
    for _ in range(2):
        first = copy.stat().st_ino
        await asyncio.sleep(LOOK_EVERY * (COPY_LOOKS - 2))
        assert copy.stat().st_ino == first
        await asyncio.sleep(LOOK_EVERY * 2)
        assert copy.stat().st_ino != first


async def test_what_was_set_aside_stays_told(kept: Kept) -> None:
    """It is writable again, so it is not opened anew: the trouble is the owner's to read."""
    kept.path.parent.mkdir()
    await fill(kept.path, 2)
    kept.path.write_bytes(b"rubbish")
    await kept.start()
    await asyncio.sleep(600)
    assert kept.database.openings == 1
    assert kept.database.trouble is not None
    assert "set aside" in kept.database.trouble.message
    assert kept.log.events().count("state.trouble") == 1


async def test_a_defect_does_not_end_it(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    async def oops() -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(kept.database, "open", oops)
        await kept.start()
        assert "upkeep.defect" in kept.log.events()
    await asyncio.sleep(LOOK_EVERY + 1)
    assert kept.database.writable
    assert await summaries(kept.path) == []


async def test_incidents_are_looked_after_once_state_db_is_open_and_ever_again(
    tmp_path: Path,
) -> None:
    looks: list[bool] = []
    path = tmp_path / "state" / "state.db"
    database, log = Database(path), Log().logger
    changes = Changes(ChangeStore(database), [], log, lambda: None)

    async def incidents() -> None:
        looks.append(database.writable)

    task = asyncio.create_task(Upkeep(database, changes, log, incidents).run())
    await asyncio.sleep(2.5 * LOOK_EVERY)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert looks == [True, True, True]
    await changes.stop()
    await database.close()
