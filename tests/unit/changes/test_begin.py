"""A disk that stalls while a change begins: it is running and on record, or refused and never done. Nothing between."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.changes.runner import Changes
from tarsd.errors import ChangeConflict, StateUnavailable
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tests.unit.changes.conftest import Runner
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import Make, make
from tests.unit.clock import JumpingLoop
from tests.unit.log import Log


@dataclass
class Stall:
    """A disk that stops at a statement and goes on when told; the statement that stopped is done then."""

    loop: JumpingLoop
    answers: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list[str])
    _left: int = 0
    _statement: str = ""

    def at(self, statement: str, after: int = 0) -> None:
        """Stop at this statement when it has been done `after` times."""
        self._statement, self._left = statement, after

    def trace(self, sql: str) -> None:
        self.said.append(sql)
        if not self._statement or not sql.startswith(self._statement):
            return
        self._left -= 1
        if self._left < 0:
            self._statement = ""
            self.loop.thread_hangs(True)
            self.answers.wait(20)

    def end(self) -> None:
        self.loop.thread_hangs(False)
        self.answers.set()


@pytest.fixture
async def stall(database: Database) -> AsyncIterator[Stall]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    made = Stall(loop)
    await database.call(lambda connection: connection.set_trace_callback(made.trace))
    yield made
    made.end()


async def begin(changes: Changes) -> Change:
    return await changes.begin("purge", "purge it", {"a"}, make("one"))


async def answered(stall: Stall, database: Database) -> None:
    """The disk is back, and what waited for it is done."""
    stall.end()
    await asyncio.sleep(60)
    await database.call(lambda _: None)


@pytest.mark.parametrize("statement", ["INSERT INTO change", "UPDATE change"])
async def test_what_was_refused_is_never_done(
    statement: str,
    runner: Runner,
    store: ChangeStore,
    database: Database,
    stall: Stall,
) -> None:
    """The write comes to its end weeks later; the daemon after that finds nothing to go on with."""
    kind = Make(set())
    changes = runner(kind)
    await changes.resume()
    stall.at(statement)
    with pytest.raises(StateUnavailable, match="has not answered"):
        await begin(changes)
    await answered(stall, database)
    assert await changes.latest() == []

    after = runner(kind)
    await after.resume()
    assert after.current is None
    assert await store.unfinished() == []
    assert await store.planned() == []
    assert kind.calls == []


async def test_a_commit_of_the_plan_alone_that_ends_late_is_not_a_change(
    runner: Runner, store: ChangeStore, database: Database, stall: Stall
) -> None:
    """It could not be taken back, and its id is known to nobody: the next daemon ends it, undone."""
    kind = Make(set())
    changes = runner(kind)
    await changes.resume()
    stall.at("COMMIT")
    with pytest.raises(StateUnavailable, match="has not answered"):
        await begin(changes)
    await answered(stall, database)
    assert await changes.latest() == []

    after = runner(kind)
    await after.resume()
    (ended,) = await after.latest()
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert "before it had begun" in ended.error["message"]
    assert ended.result is not None
    assert ended.result["verdict"] == "NO-GO"
    assert kind.calls == []


async def test_one_whose_commit_has_begun_is_running_and_done_when_the_disk_has_said_so(
    runner: Runner,
    store: ChangeStore,
    database: Database,
    stall: Stall,
    log: Log,
) -> None:
    """It may be on disk already, so nobody may be told that it was refused."""
    kind = Make(things := set())
    changes = runner(kind)
    await changes.resume()
    stall.at("COMMIT", after=1)  # that of the plan gets through
    begun = await begin(changes)
    assert changes.current is begun
    await asyncio.sleep(1)
    assert "waiting for the disk" in (begun.tasks[0].detail or "")
    assert "change.unsettled" in log.events()
    assert kind.calls == [], "nothing is done before it is known to be on disk"
    with pytest.raises(ChangeConflict):
        await changes.begin("try", "another", {"a"}, make("two"))

    await answered(stall, database)
    assert (await end(changes, begun)).status is ChangeStatus.DONE
    assert things == {"one"}
    assert begun.tasks[0].detail is None


async def test_one_that_waits_for_the_disk_can_be_aborted(
    runner: Runner, database: Database, stall: Stall
) -> None:
    kind = Make(set())
    changes = runner(kind)
    await changes.resume()
    stall.at("COMMIT", after=1)
    begun = await begin(changes)
    await changes.abort(begun.id)
    await answered(stall, database)
    assert (await end(changes, begun)).status is ChangeStatus.UNDONE
    assert kind.calls == []


async def test_a_write_that_was_given_up_in_the_queue_does_not_even_begin(
    database: Database, stall: Stall
) -> None:
    def forget(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM audit")

    stall.at("BEGIN")
    refused = await asyncio.gather(
        *(database.call(forget) for _ in range(3)), return_exceptions=True
    )
    assert [type(it) for it in refused] == [StateUnavailable] * 3
    stall.end()
    await asyncio.sleep(1)
    await database.call(lambda _: None)
    assert stall.said.count("DELETE FROM audit") == 1, "of the one that the disk had already"
    assert "ROLLBACK" in stall.said
