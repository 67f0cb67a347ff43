"""The owner aborts: the running task is interrupted, and what was done is taken back."""

import asyncio

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.changes.conftest import Runner
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import BROKEN, FAIL, LINGER, Fail, Linger, Make, make


async def test_an_abort_interrupts_and_undoes(runner: Runner) -> None:
    lingering, making = Linger(), Make(things := set())
    changes = runner(lingering, making)
    begun = await changes.begin("try", "try it", {"a"}, [*make("one"), LINGER, *make("two")])
    await lingering.begun.wait()
    assert things == {"one"}
    await changes.abort(begun.id)
    ended = await end(changes, begun)
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["message"] == "cannot try it: it was aborted"
    assert things == set()
    assert lingering.undone == 1
    assert making.calls == ["do one", "undo one"]


async def test_an_abort_before_the_first_task_has_begun(runner: Runner) -> None:
    changes = runner(Make(things := set()))
    begun = await changes.begin("try", "try it", {"a"}, make("one"))
    await changes.abort(begun.id)
    assert (await end(changes, begun)).status is ChangeStatus.UNDONE
    assert things == set()
    await changes.begin("try", "again", {"a"}, make("one"))


async def test_an_abort_while_it_is_undone_already_does_not_interrupt_the_undo(
    runner: Runner,
) -> None:
    lingering = Linger(slow_undo=True)
    changes = runner(lingering, Fail(BROKEN))
    begun = await changes.begin("try", "try it", {"a"}, [LINGER, FAIL])
    lingering.enough.set()
    await lingering.begun.wait()
    lingering.enough.clear()
    await lingering.undoing.wait()
    await changes.abort(begun.id)
    await asyncio.sleep(60)
    assert (await changes.get(begun.id)).status is ChangeStatus.UNDOING
    lingering.enough.set()
    ended = await end(changes, begun)
    assert ended.error == BROKEN.as_json()
    assert lingering.undone == 1


async def test_aborting_twice_is_aborting_once(runner: Runner) -> None:
    lingering = Linger(slow_undo=True)
    changes = runner(lingering)
    begun = await changes.begin("try", "try it", {"a"}, [LINGER])
    await lingering.begun.wait()
    await asyncio.gather(changes.abort(begun.id), changes.abort(begun.id))
    lingering.enough.set()
    assert (await end(changes, begun)).status is ChangeStatus.UNDONE
    assert lingering.undone == 1


@pytest.mark.parametrize("status", [ChangeStatus.DONE, ChangeStatus.UNDONE])
async def test_a_change_that_has_ended_stays_as_it_is(runner: Runner, status: ChangeStatus) -> None:
    changes = runner(Make(set()), Fail(BROKEN))
    plan = make("one") if status is ChangeStatus.DONE else [FAIL]
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, plan))
    assert await changes.abort(ended.id) == ended
    assert ended.status is status
