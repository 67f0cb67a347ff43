"""A change does its tasks in order, each on disk before the next, and takes back what it did when one fails."""

import asyncio

import pytest

from tarsd.changes.locks import STACK
from tarsd.changes.model import ChangeStatus, TaskStatus
from tarsd.changes.runner import Planned
from tarsd.errors import (
    ChangeConflict,
    NotFound,
    NoWayBack,
    Preflight,
    StateUnavailable,
    TarsError,
)
from tarsd.store.changes import ChangeStore
from tests.unit.changes.conftest import Runner
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import BROKEN, FAIL, LINGER, Fail, Linger, Make, Store, make
from tests.unit.log import Log


async def test_tasks_are_done_in_order_and_their_results_are_the_changes(runner: Runner) -> None:
    kind = Make(things := set())
    changes = runner(kind)
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, make("one", "two")))
    assert kind.calls == ["do one", "do two"]
    assert things == {"one", "two"}
    assert ended.status is ChangeStatus.DONE
    assert ended.result == {"one": "made", "two": "made"}
    assert [task.status for task in ended.tasks] == [TaskStatus.DONE] * 2
    assert ended.error is None
    assert None not in (ended.ended, *(task.ended for task in ended.tasks))


async def test_an_end_is_logged_with_its_reason(runner: Runner, log: Log) -> None:
    changes = runner(Make(set()), Fail(BROKEN))
    await end(changes, await changes.begin("try", "try it", {"a"}, make("one")))
    await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))
    ends = [entry for entry in log.entries if entry["event"].startswith("change.")]
    assert [entry["event"] for entry in ends] == ["change.done", "change.undone"]
    assert ends[1]["error"] == BROKEN.message


async def test_an_end_is_told_once_it_is_one(runner: Runner, log: Log) -> None:
    changes = runner(Make(set()))
    await end(changes, await changes.begin("try", "try it", {"a"}, make("one")))
    assert log.events() == ["change.done", "told"]


async def test_a_failure_takes_back_what_was_done_last_first(runner: Runner) -> None:
    kind = Make(things := {"old"})
    changes = runner(kind, Fail(BROKEN))
    plan = [*make("old", "new"), FAIL, *make("never")]
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, plan))
    assert kind.calls == ["do old", "do new", "undo new", "undo old"]
    assert things == {"old"}
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error == BROKEN.as_json()
    assert [task.status.value for task in ended.tasks] == ["undone", "undone", "failed", "waiting"]


async def test_what_failed_says_so_in_the_shape_of_a_verdict(runner: Runner) -> None:
    changes = runner(Make(set()), Fail(BROKEN))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [*make("one"), FAIL]))
    assert ended.result is not None
    assert (ended.result["verdict"], ended.result["passed"]) == ("NO-GO", 0)
    (failure,) = ended.result["failures"]
    assert (failure["summary"], failure["fix"]) == (BROKEN.message, BROKEN.fix)


async def test_failures_that_are_known_one_by_one_are_the_verdicts(runner: Runner) -> None:
    known = {"id": "docker.down", "subject": "docker", "status": "fail"}
    changes = runner(Fail(Preflight("cannot try it", details={"failures": [known]})))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))
    assert ended.result is not None
    assert ended.result["failures"] == [known]


async def test_a_full_disk_fails_a_change_in_words(runner: Runner) -> None:
    changes = runner(Fail(OSError(28, "No space left on device")))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))
    assert ended.error is not None
    assert ended.error["message"] == "cannot try it: [Errno 28] No space left on device"
    assert "df" in ended.error["fix"]


async def test_a_deadline_nobody_minded_is_not_the_disks_fault(runner: Runner) -> None:
    """TimeoutError is an OSError without a word: `cannot try it: `, and `df -h` to mend it."""
    changes = runner(Fail(TimeoutError()))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))
    assert ended.error is not None
    assert ended.error["message"] == "cannot try it: TimeoutError()"
    assert "df" not in ended.error["fix"]


async def test_a_defect_fails_a_change_and_leaves_its_trace_in_the_log(
    runner: Runner, log: Log
) -> None:
    changes = runner(Fail(ZeroDivisionError("oops")))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["message"] == "cannot try it: ZeroDivisionError('oops')"
    assert log.entries[0]["event"] == "change.defect"
    assert "raise self._error" in log.entries[0]["message"]


@pytest.mark.parametrize("error", [TarsError("cannot take it back: lost"), ZeroDivisionError()])
async def test_a_failing_undo_needs_the_owner_and_keeps_no_other_from_running(
    runner: Runner, log: Log, error: Exception
) -> None:
    changes = runner(Make(things := set()), Fail(BROKEN, undo_error=error))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [*make("one"), FAIL]))
    assert ended.status is ChangeStatus.NEEDS_OWNER
    assert things == set()
    assert ended.error == BROKEN.as_json()
    assert [task.status.value for task in ended.tasks] == ["undone", "failed"]
    assert "change.undo-failed" in log.events()
    await changes.begin("try", "again", {"a"}, make("one"))  # its locks are free


@pytest.mark.parametrize(
    ("error", "message", "fix"),
    [
        (
            NoWayBack("cannot bring back redis: it is gone", fix="restore a backup of yours"),
            "cannot bring back redis: it is gone",
            "restore a backup of yours",
        ),
        (TarsError("cannot take it back: lost"), "cannot take it back: lost", "TARS_CHANGE=1"),
        (OSError(28, "No space left"), "cannot undo: fail: [Errno 28] No space left", "df -h"),
        (ZeroDivisionError("x"), "cannot undo: fail: ZeroDivisionError('x')", "journalctl"),
    ],
    ids=["no way back", "no fix known", "full disk", "defect"],
)
async def test_why_the_owner_is_needed_and_what_to_do_outlive_the_daemon(
    runner: Runner, error: Exception, message: str, fix: str
) -> None:
    changes = runner(Fail(BROKEN, undo_error=error))
    change = await changes.begin("try", "try it", {"a"}, [FAIL])
    await end(changes, change)
    after = runner(Fail(BROKEN))
    await after.resume()
    told = (await after.get(change.id)).as_json()
    (task,) = told["tasks"]
    assert told["status"] == ChangeStatus.NEEDS_OWNER
    assert task["detail"] == task["error"]["message"] == message
    assert fix in task["error"]["fix"]
    broken, left = told["result"]["failures"]
    assert (broken["summary"], left["summary"]) == (BROKEN.message, message)
    assert left["fix"] == task["error"]["fix"]


async def test_where_there_is_no_way_back_what_was_before_it_stays(runner: Runner) -> None:
    gone = NoWayBack("cannot bring it back: it is gone")
    changes = runner(Make(things := set()), Fail(BROKEN, undo_error=gone))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, [*make("one"), FAIL]))
    assert things == {"one"}
    assert [task.status.value for task in ended.tasks] == ["done", "failed"]


async def test_progress_is_seen_while_it_happens(runner: Runner) -> None:
    kind = Linger()
    changes = runner(kind)
    begun = await changes.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    for found in (await changes.get(begun.id), (await changes.latest())[0], changes.current):
        assert found is not None
        task = found.as_json()["tasks"][0]
        assert (task["status"], task["done"], task["total"]) == (TaskStatus.DOING, 3, 7)
        assert (task["unit"], task["detail"]) == ("steps", "lingering")


async def test_the_latest_changes_come_newest_first(runner: Runner) -> None:
    changes = runner(Make(set()))
    for summary in ("one", "two", "three"):
        await end(changes, await changes.begin("try", summary, {"a"}, make("x")))
    assert [change.summary for change in await changes.latest()] == ["three", "two", "one"]
    assert [change.summary for change in await changes.latest(1)] == ["three"]


async def test_a_change_nobody_made(runner: Runner) -> None:
    changes = runner()
    for ask in (changes.get("17"), changes.wait("17", None, 1), changes.abort("17")):
        with pytest.raises(NotFound, match="cannot find change 17") as caught:
            await ask
        assert caught.value.fix == "tarsctl changes"


@pytest.mark.parametrize(
    ("held", "wanted", "conflict"),
    [
        ({"redis"}, {"redis"}, True),
        ({"redis", "ollama"}, {"ollama", "webui"}, True),
        ({"redis"}, {"ollama"}, False),
        ({STACK}, {"redis"}, True),
        ({"redis"}, {STACK}, True),
        ({STACK}, {STACK}, True),
        ({"model:a"}, {"model:a"}, True),
        ({"model:a"}, {"model:b"}, False),
        ({"model:a"}, {STACK}, False),
        ({STACK}, {"model:a"}, False),
        ({"model:a"}, {"ollama"}, False),
    ],
)
async def test_two_changes_at_once_only_where_they_do_not_meet(
    runner: Runner, held: set[str], wanted: set[str], conflict: bool
) -> None:
    changes = runner(Linger())
    first = await changes.begin("install", "install the stack", held, [LINGER])
    if not conflict:
        await changes.begin("stop", "stop ollama", wanted, [LINGER])
        return
    with pytest.raises(ChangeConflict) as caught:
        await changes.begin("stop", "stop redis", wanted, [LINGER])
    assert caught.value.message == (
        f"cannot stop redis: change {first.id} (install the stack) is running"
    )
    assert caught.value.fix == f"tarsctl watch {first.id}"
    assert caught.value.details == {"change": first.id, "since": first.started}
    assert len(await changes.latest()) == 1


async def test_of_two_that_begin_at_the_same_moment_one_wins(runner: Runner) -> None:
    changes = runner(Linger())
    begun = await asyncio.gather(
        *(changes.begin("stop", "stop redis", {"redis"}, [LINGER]) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(it, ChangeConflict) for it in begun) == 4


@pytest.mark.parametrize("fails", [False, True])
async def test_every_end_frees_the_locks(runner: Runner, fails: bool) -> None:
    changes = runner(Make(set()), Fail(BROKEN))
    plan = [FAIL] if fails else make("one")
    for _ in range(2):
        await end(changes, await changes.begin("try", "try it", {STACK}, plan))


async def test_a_change_that_cannot_be_recorded_never_begins(runner: Runner, store: Store) -> None:
    kind = Make(set())
    changes = runner(kind)
    store.full = True
    with pytest.raises(StateUnavailable):
        await changes.begin("try", "try it", {"a"}, make("one"))
    store.full = False
    assert kind.calls == []
    assert await changes.latest() == []
    await changes.begin("try", "try it", {"a"}, make("one"))


async def test_a_disk_that_fills_up_in_the_middle_undoes_and_records_it_when_it_can(
    runner: Runner, store: Store, log: Log
) -> None:
    lingering, making = Linger(), Make(things := set())
    changes = runner(lingering, making)
    begun = await changes.begin("try", "try it", {"a"}, [*make("one"), LINGER, *make("two")])
    await lingering.begun.wait()
    store.full = True
    lingering.enough.set()
    await asyncio.sleep(60)
    assert "change.unrecorded" in log.events()
    assert (await changes.get(begun.id)).running
    with pytest.raises(ChangeConflict):
        await changes.begin("try", "another", {"a"}, make("three"))

    store.full = False
    ended = await end(changes, begun)

    assert things == set()
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["kind"] == "state-unavailable"


async def test_an_end_is_told_to_nobody_before_it_is_on_disk_and_its_locks_are_free(
    runner: Runner, store: Store
) -> None:
    """Else `tarsctl install && tarsctl stop` meets a conflict with what it was told is done."""
    changes = runner()
    begun = await changes.begin("try", "try it", {"a"}, [])
    store.full = True
    await asyncio.sleep(60)
    assert begun.running
    assert begun.as_json()["status"] == ChangeStatus.DOING
    store.full = False
    assert (await end(changes, begun)).status is ChangeStatus.DONE


async def test_a_plan_of_an_unknown_kind_is_a_defect_and_leaves_nothing(
    runner: Runner, store: ChangeStore
) -> None:
    changes = runner()
    with pytest.raises(KeyError):
        await changes.begin("try", "try it", {"a"}, [Planned("unheard-of", "?", {})])
    assert await store.latest(10) == []
