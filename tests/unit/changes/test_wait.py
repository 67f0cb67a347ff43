"""Watching a change: an answer comes as soon as there is something new, and no later than asked for."""

import asyncio
from collections.abc import Callable

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.changes.conftest import Runner
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import LINGER, Linger, Make, make


async def test_what_has_moved_since_is_told_at_once(
    runner: Runner, clock: Callable[[], float]
) -> None:
    changes = runner(kind := Linger())
    change = await changes.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    assert change.revision > 0
    began = clock()
    for seen in (None, 0, change.revision - 1):
        assert (await changes.wait(change.id, seen, 30)).revision == change.revision
    assert clock() - began < 1


async def test_a_revision_of_an_earlier_daemon_is_not_waited_for(
    runner: Runner, clock: Callable[[], float]
) -> None:
    """Revisions live in memory: after a restart the client's is higher than any there is."""
    changes = runner(Linger())
    change = await changes.begin("try", "try it", {"a"}, [LINGER])
    began = clock()
    await changes.wait(change.id, 4711, 30)
    assert clock() - began < 1


async def test_nothing_new_is_told_when_the_time_is_over(
    runner: Runner, clock: Callable[[], float]
) -> None:
    changes = runner(kind := Linger())
    change = await changes.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    began, seen = clock(), change.revision
    assert (await changes.wait(change.id, seen, 30)).revision == seen
    assert clock() - began == pytest.approx(30, abs=0.1)


async def test_the_end_wakes_everybody(runner: Runner, clock: Callable[[], float]) -> None:
    changes = runner(kind := Linger())
    change = await changes.begin("try", "try it", {"a"}, [LINGER])
    await kind.begun.wait()
    waiting = [
        asyncio.create_task(changes.wait(change.id, change.revision, 3600)) for _ in range(3)
    ]
    await asyncio.sleep(5)
    began = clock()
    kind.enough.set()
    for found in await asyncio.gather(*waiting):
        assert found.id == change.id
    assert clock() - began < 1
    ended = await end(changes, change)
    assert ended.status is ChangeStatus.DONE


async def test_every_visible_step_has_a_revision_of_its_own(runner: Runner) -> None:
    """A watcher that asks again at once misses nothing but what one answer can hold."""
    changes = runner(Make(set()))
    change = await changes.begin("try", "try it", {"a"}, make("one", "two", "three"))
    seen: list[int] = []
    while change.running:
        seen.append((await changes.wait(change.id, seen[-1] if seen else None, 30)).revision)
    assert seen == sorted(set(seen))


async def test_a_change_that_has_ended_is_not_waited_for(
    runner: Runner, clock: Callable[[], float]
) -> None:
    changes = runner(Make(set()))
    ended = await end(changes, await changes.begin("try", "try it", {"a"}, make("one")))
    began = clock()
    found = await changes.wait(ended.id, ended.revision, 3600)
    assert found.status is ChangeStatus.DONE
    assert clock() - began < 1
