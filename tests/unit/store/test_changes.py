"""Changes and their tasks on disk: what comes back is what was recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.changes.model import Change, ChangeStatus, Task, TaskStatus
from tarsd.errors import StateUnavailable
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tarsd.store.schema import CHANGE_ROWS
from tests.unit.store.facts import change


@pytest.fixture
def store(database: Database) -> ChangeStore:
    return ChangeStore(database)


async def added(store: ChangeStore, wanted: Change) -> Change:
    wanted.id = await store.add(wanted)
    return wanted


async def test_a_new_change_comes_back_with_all_its_tasks(store: ChangeStore) -> None:
    wanted = change()
    wanted.tasks[0] = Task(1, "pull", 3, "pull redis:8", {"pull": True, "names": ["a", "b"]})
    await added(store, wanted)
    assert await store.get(wanted.id) == wanted


async def test_a_tasks_memo_is_there_for_its_undo(store: ChangeStore) -> None:
    wanted = await added(store, change())
    task = wanted.tasks[1]
    task.memo = {"before": None, "made": ["a"]}
    task.status, task.started = TaskStatus.DOING, "2026-11-22T03:12:05.000Z"
    await store.save_task(wanted, task)
    assert await store.get(wanted.id) == wanted


async def test_the_end_of_a_change(store: ChangeStore) -> None:
    wanted = await added(store, change())
    wanted.status, wanted.ended = ChangeStatus.UNDONE, "2026-11-22T03:13:00.000Z"
    wanted.error, wanted.result = {"kind": "image-missing"}, {"verdict": "NO-GO"}
    await store.save_change(wanted)
    assert await store.get(wanted.id) == wanted
    assert await store.unfinished() == []


async def replaced(database: Database) -> None:
    """An older copy without the change takes the file's place."""
    await database.call(lambda connection: connection.execute("DELETE FROM change"))


async def test_an_end_that_hits_no_row_puts_the_change_back_whole(
    store: ChangeStore, database: Database
) -> None:
    wanted = await added(store, change())
    await replaced(database)
    wanted.status, wanted.ended = ChangeStatus.DONE, "2026-11-22T03:13:00.000Z"
    wanted.tasks[0].memo = {"before": 6}
    await store.save_change(wanted)
    assert await store.get(wanted.id) == wanted


async def test_a_memo_that_hits_no_row_puts_the_change_back_whole(
    store: ChangeStore, database: Database
) -> None:
    wanted = await added(store, change())
    await replaced(database)
    wanted.tasks[1].memo, wanted.tasks[1].status = {"made": ["a"]}, TaskStatus.DOING
    await store.save_task(wanted, wanted.tasks[1])
    assert await store.get(wanted.id) == wanted


async def test_a_change_whose_row_is_gone_is_not_confirmed(
    store: ChangeStore, database: Database
) -> None:
    wanted = await added(store, change())
    await replaced(database)
    with pytest.raises(StateUnavailable, match=f"cannot begin change {wanted.id}"):
        await store.confirm(wanted.id)


async def test_before_it_is_open_it_says_so(tmp_path: Path) -> None:
    closed = ChangeStore(Database(tmp_path / "state.db"))
    for attempt in (closed.add(change()), closed.latest(10)):
        with pytest.raises(StateUnavailable, match=r"state\.db is not open yet"):
            await attempt


async def test_why_a_task_could_not_be_undone_is_its_detail_again(store: ChangeStore) -> None:
    wanted = await added(store, change())
    wanted.tasks[0].error = {"kind": "no-way-back", "message": "cannot: gone", "fix": "restore"}
    await store.save_task(wanted, wanted.tasks[0])
    found = await store.get(wanted.id)
    assert found is not None
    assert found.tasks[0].error == wanted.tasks[0].error
    assert found.tasks[0].detail == "cannot: gone"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(memo=st.dictionaries(st.text(max_size=5), JSON, max_size=3))
async def test_any_memo_comes_back_as_it_was(store: ChangeStore, memo: dict[str, object]) -> None:
    wanted = await added(store, change(tasks=1))
    wanted.tasks[0].memo = memo
    await store.save_task(wanted, wanted.tasks[0])
    found = await store.get(wanted.id)
    assert found is not None
    assert found.tasks[0].memo == memo


async def test_progress_is_not_worth_a_write(store: ChangeStore) -> None:
    wanted = await added(store, change(tasks=1))
    task = wanted.tasks[0]
    await store.save_task(wanted, replace(task, done=5, total=9, unit="bytes", detail="layer 3"))
    found = await store.get(wanted.id)
    assert found is not None
    assert found.tasks[0].done is None


@pytest.mark.parametrize(
    "id_", ["0", "2", "-1", "", "one", "1.0", " 1", "1 ", "\u0661", "9" * 19, "9" * 400, "1;--"]
)
async def test_an_id_that_is_none(store: ChangeStore, id_: str) -> None:
    await added(store, change())
    assert await store.get(id_) is None


async def test_what_was_interrupted_comes_oldest_first(store: ChangeStore) -> None:
    made = [await added(store, change(name)) for name in ("one", "two", "three")]
    made[1].ended = "2026-11-22T03:13:00.000Z"
    await store.save_change(made[1])
    assert [it.summary for it in await store.unfinished()] == ["one", "three"]


async def test_the_latest_come_newest_first_and_only_as_many_as_asked_for(
    store: ChangeStore,
) -> None:
    for name in ("one", "two", "three"):
        await added(store, change(name))
    assert [it.summary for it in await store.latest(2)] == ["three", "two"]


async def test_old_changes_give_way_but_never_one_that_has_not_ended(
    store: ChangeStore, database: Database
) -> None:
    forgotten, open_still = await added(store, change("old")), await added(store, change("open"))
    forgotten.ended = "2026-11-22T03:13:00.000Z"
    await store.save_change(forgotten)
    await database.call(
        lambda c: c.execute(
            "UPDATE sqlite_sequence SET seq = ? WHERE name = 'change'", (CHANGE_ROWS,)
        )
    )
    await added(store, change("new"))
    assert await store.get(forgotten.id) is None
    assert await store.get(open_still.id) == open_still
    tasks = await database.call(
        lambda c: c.execute(
            "SELECT count(*) FROM task WHERE change = ?", (forgotten.id,)
        ).fetchone()
    )
    assert tuple(tasks) == (0,)


async def test_ids_are_never_given_twice(store: ChangeStore, database: Database) -> None:
    first = await added(store, change())
    await database.call(lambda c: c.execute("DELETE FROM change"))
    assert await store.add(change()) != first.id
