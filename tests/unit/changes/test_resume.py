"""A crash at any point: the next daemon goes on, forward or back, and nothing is half done or forgotten."""

import asyncio

import pytest

from tarsd.changes.model import Change, ChangeStatus, Task, TaskKind, TaskStatus
from tarsd.changes.runner import Changes, Planned
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tests.unit.changes.conftest import Runner
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import (
    BROKEN,
    FAIL,
    LINGER,
    Fail,
    Linger,
    Make,
    Points,
    Store,
    make,
)
from tests.unit.log import Log

MANY = 1000  # more points than any of these changes has


def daemon(database: Database, things: set[str], points: Points) -> Changes:
    """A runner as a daemon that has just started has it."""
    kinds: list[TaskKind] = [Make(things, points), Fail(BROKEN)]
    return Changes(Store(database, points), kinds, Log().logger, lambda: None)


async def until_cut(changes: Changes, change: Change, points: Points) -> bool:
    """Let it run until the power goes; False if it ended before."""
    ended = asyncio.create_task(end(changes, change))
    cut = asyncio.create_task(points.cut.wait())
    await asyncio.wait([ended, cut], return_when=asyncio.FIRST_COMPLETED)
    for waiting in (ended, cut):
        waiting.cancel()
    await asyncio.gather(ended, cut, return_exceptions=True)
    await changes.stop()
    return points.cut.is_set()


async def crashed_at(
    number: int, database: Database, things: set[str], plan: list[Planned]
) -> Change | None:
    """Run a plan, crash at a point, start again; the change as it ended, None if there is no such point."""
    points = Points(number)
    before = daemon(database, things, points)
    change = await before.begin("try", "try it", {"a"}, plan)
    if not await until_cut(before, change, points):
        return None
    after = daemon(database, things, Points())
    await after.resume()
    found = await end(after, await after.get(change.id))
    await after.stop()
    return found


async def test_a_change_cut_at_any_point_is_finished_by_the_next_daemon(
    database: Database,
) -> None:
    number = 0
    for number in range(1, MANY):
        things = {"two"}
        ended = await crashed_at(number, database, things, make("one", "two"))
        if ended is None:
            break
        assert ended.status is ChangeStatus.DONE, f"point {number}: {ended}"
        assert things == {"one", "two"}, f"point {number}"
        assert ended.result == {"one": "made", "two": "made"}, f"point {number}"
    assert 15 < number < MANY


async def test_an_undo_cut_at_any_point_is_finished_by_the_next_daemon(
    database: Database,
) -> None:
    number = 0
    for number in range(1, MANY):
        things = {"two"}
        ended = await crashed_at(number, database, things, [*make("one", "two"), FAIL])
        if ended is None:
            break
        assert ended.status is ChangeStatus.UNDONE, f"point {number}: {ended}"
        assert things == {"two"}, f"point {number}"
        assert ended.error == BROKEN.as_json(), f"point {number}"
    assert 20 < number < MANY


@pytest.mark.parametrize("apart", [9, 10, 13])
async def test_daemons_that_crash_again_and_again_get_there(database: Database, apart: int) -> None:
    things: set[str] = set()
    points = Points(apart)
    changes = daemon(database, things, points)
    change = await changes.begin("try", "try it", {"a"}, make("one", "two", "three"))
    crashes = 0
    while await until_cut(changes, change, points):
        crashes += 1
        assert crashes < MANY, "no daemon gets any further"
        points = Points(apart)
        changes = daemon(database, things, points)
        await changes.resume()
        change = await changes.get(change.id)
    assert crashes > 1
    assert things == {"one", "two", "three"}


async def test_a_clean_stop_leaves_the_change_to_the_next_daemon(
    runner: Runner, store: ChangeStore, log: Log
) -> None:
    before = runner(kind := Linger())
    change = await before.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    await before.stop()
    (left,) = await store.unfinished()
    assert left.status is ChangeStatus.DOING
    assert kind.undone == 0

    after = runner(next_kind := Linger())
    await after.resume()
    assert "change.resumed" in log.events()
    next_kind.enough.set()
    assert (await end(after, await after.get(change.id))).status is ChangeStatus.DONE


async def test_a_clean_stop_in_the_middle_of_an_undo(runner: Runner, store: ChangeStore) -> None:
    before = runner(kind := Linger(slow_undo=True), Fail(BROKEN))
    kind.enough.set()
    change = await before.begin("try", "try it", {"a"}, [LINGER, FAIL])
    await kind.begun.wait()
    kind.enough.clear()
    await kind.undoing.wait()
    await before.stop()
    (left,) = await store.unfinished()
    assert left.status is ChangeStatus.UNDOING

    after = runner(Linger(), Fail(BROKEN))
    await after.resume()
    assert (await end(after, await after.get(change.id))).status is ChangeStatus.UNDONE


async def test_what_the_next_daemon_could_undo_needs_nobody(
    runner: Runner, store: ChangeStore
) -> None:
    """The first daemon died after it had noted that it cannot, and before the change had ended."""
    task = Task(2, "fail", 1, "fail", {}, status=TaskStatus.FAILED, error={"message": "cannot"})
    change = begun_elsewhere(task)
    change.status = ChangeStatus.UNDOING
    change.id = await store.add(change)
    changes = runner(Make(set()), Fail(BROKEN))
    await changes.resume()
    ended = await end(changes, await changes.get(change.id))
    assert ended.status is ChangeStatus.UNDONE
    assert (ended.tasks[1].error, ended.tasks[1].detail) == (None, None)


async def test_a_stop_does_not_wait_for_ever_for_a_task_that_will_not_end(runner: Runner) -> None:
    class Stubborn(Linger):
        async def do(self, step: object) -> None:
            self.begun.set()
            while not self.enough.is_set():
                try:
                    await self.enough.wait()
                except asyncio.CancelledError:
                    continue

    changes = runner(kind := Stubborn())
    await changes.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    await asyncio.wait_for(changes.stop(), 6)
    kind.enough.set()


async def test_what_was_resumed_holds_its_locks(runner: Runner) -> None:
    before = runner(kind := Linger())
    await before.begin("try", "try it", {"redis"}, [LINGER])
    await kind.begun.wait()
    await before.stop()
    after = runner(Linger(), Make(set()))
    await after.resume()
    with pytest.raises(Exception, match="is running"):
        await after.begin("stop", "stop redis", {"redis"}, make("one"))


def begun_elsewhere(task: Task) -> Change:
    """A change that another version of the daemon began: its first task is done, `task` is next."""
    done = Task(1, "make", 2, "make one", {"name": "one"}, {"was there": False})
    return Change("", "try", "try it", ChangeStatus.DOING, frozenset({"a"}), "", [done, task])


async def interrupted(store: ChangeStore, task: Task) -> Change:
    """Such a change on disk, cut while it did `task`."""
    change = begun_elsewhere(task)
    change.id = await store.add(change)
    change.tasks[0].status = type(task.status).DONE
    await store.save_task(change, change.tasks[0])
    await store.save_task(change, task)
    return change


@pytest.mark.parametrize(
    "task",
    [
        Task(2, "make", 3, "make two", {"name": "two"}),
        Task(2, "unheard-of", 1, "?", {}),
    ],
    ids=["newer version", "unknown kind"],
)
async def test_a_task_only_a_newer_daemon_knows_is_undone_from_what_is_known(
    runner: Runner, store: ChangeStore, task: Task
) -> None:
    """A downgrade in the middle of a change; the unknown task had not begun."""
    changes = runner(Make(things := {"one"}))
    change = await interrupted(store, task)
    await changes.resume()
    ended = await end(changes, await changes.get(change.id))
    assert ended.status is ChangeStatus.UNDONE
    assert things == set()
    assert ended.error is not None
    assert "apt install --only-upgrade tars-home" in ended.error["fix"]


async def test_a_newer_task_that_had_begun_needs_the_owner(
    runner: Runner, store: ChangeStore
) -> None:
    changes = runner(Make(things := {"one", "two"}))
    task = Task(2, "make", 3, "make two", {"name": "two"})
    task.status = type(task.status).DOING
    change = await interrupted(store, task)
    await changes.resume()
    ended = await end(changes, await changes.get(change.id))
    assert ended.status is ChangeStatus.NEEDS_OWNER
    assert things == {"two"}, "what is known is undone all the same"


async def test_a_task_of_an_older_daemon_is_gone_on_with(
    runner: Runner, store: ChangeStore
) -> None:
    changes = runner(Make(things := {"one"}))
    change = await interrupted(store, Task(2, "make", 1, "make two", {"name": "two"}))
    await changes.resume()
    assert (await end(changes, await changes.get(change.id))).status is ChangeStatus.DONE
    assert things == {"one", "two"}
