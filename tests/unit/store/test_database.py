"""state.db: a call that returned is on disk; one that cannot be, says so."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tarsd.errors import StateUnavailable
from tarsd.host.files import unfinished
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tarsd.store.database import DEADLINE
from tarsd.store.schema import MIGRATIONS
from tests.unit.clock import JumpingLoop
from tests.unit.names import names
from tests.unit.store.facts import change, summaries


def pragma(database: Database, name: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_a_new_one_is_made_with_its_directory_for_root_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    database = Database(path)
    await database.open()
    await ChangeStore(database).add(change())
    assert database.trouble is None
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    await database.close()


async def test_every_commit_is_synced(database: Database) -> None:
    assert await database.call(pragma(database, "journal_mode")) == "wal"
    assert await database.call(pragma(database, "synchronous")) == 2  # FULL
    assert await database.call(pragma(database, "foreign_keys")) == 1


async def test_a_new_one_has_the_newest_schema(database: Database) -> None:
    assert await database.call(pragma(database, "user_version")) == len(MIGRATIONS)


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_one_of_any_earlier_schema_is_brought_up_to_date(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as old:
        for script in MIGRATIONS[:version]:
            old.executescript(script)
        old.execute(f"PRAGMA user_version={version}")
        old.execute("CREATE TABLE witness (x)")
    database = Database(path)
    await database.open()
    assert database.trouble is None
    assert await database.call(pragma(database, "user_version")) == len(MIGRATIONS)
    await database.call(lambda connection: connection.execute("SELECT * FROM witness"))
    await database.close()


async def test_what_was_recorded_is_there_for_the_next_daemon(
    database: Database, tmp_path: Path
) -> None:
    await ChangeStore(database).add(change("first"))
    assert await summaries(tmp_path / "state.db") == ["first"]


async def test_a_call_that_fails_in_the_middle_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO intent VALUES ('redis', 'running', '', '')")
        raise LookupError

    with pytest.raises(LookupError):
        await database.call(half)
    with pytest.raises(StateUnavailable):
        await database.call(
            lambda c: c.execute("INSERT INTO intent VALUES ('a', 'sideways', 1, 1)")
        )
    rows = await database.call(lambda c: c.execute("SELECT * FROM intent").fetchall())
    assert rows == []
    assert database.writable, "that was the call's fault, not the disk's"


async def test_calls_side_by_side_take_turns(database: Database) -> None:
    def add(connection: sqlite3.Connection) -> None:
        count = connection.execute("SELECT count(*) FROM audit").fetchone()[0]
        connection.execute(
            "INSERT INTO audit (at, uid, pid, method, path, status) VALUES ('', ?, 0, '', '', 0)",
            (count,),
        )

    await asyncio.gather(*(database.call(add) for _ in range(30)))
    uids = await database.call(lambda c: [row[0] for row in c.execute("SELECT uid FROM audit")])
    assert uids == list(range(30))


async def test_a_disk_that_does_not_answer_costs_a_deadline_and_not_the_loop(
    database: Database, clock: Callable[[], float]
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(True)
    answers = threading.Event()
    began = clock()
    with pytest.raises(StateUnavailable, match="has not answered for 15 s") as caught:
        await database.call(lambda _: answers.wait(20))
    assert clock() - began == pytest.approx(DEADLINE, abs=0.5)
    assert caught.value.fix is not None
    assert not database.writable
    for _ in range(10):
        with pytest.raises(StateUnavailable, match="the disk does not answer"):
            await database.call(lambda _: None)
    assert clock() - began == pytest.approx(DEADLINE, abs=0.5), "who comes later waits no more"
    loop.thread_hangs(False)
    answers.set()
    await asyncio.sleep(1)
    await database.call(lambda _: None)
    assert database.writable


async def test_what_is_only_looked_at_is_told_in_the_clients_time(
    database: Database, clock: Callable[[], float]
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(True)
    answers = threading.Event()
    hanging = asyncio.ensure_future(database.read(lambda _: answers.wait(20)))
    await asyncio.sleep(0)
    began = clock()
    for look in (ChangeStore(database).latest(5), ChangeStore(database).get("1")):
        with pytest.raises(StateUnavailable, match=r"cannot read .* has not answered for 1\.3 s"):
            await look
    assert clock() - began < 2 * 2.0
    assert database.writable, "a look is no proof of what can be written"
    loop.thread_hangs(False)
    answers.set()
    await hanging


async def test_after_its_end_it_says_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    await database.open()
    await database.close()
    with pytest.raises(StateUnavailable, match=r"state\.db"):
        await database.call(lambda _: None)


async def test_a_clean_end_leaves_one_file(tmp_path: Path) -> None:
    """The log is folded in: a copy of state.db alone is then a backup."""
    database = Database(tmp_path / "state.db")
    await database.open()
    await ChangeStore(database).add(change())
    await database.close()
    assert names(tmp_path) == ["state.db"]


async def test_the_good_copy_is_whole_and_for_root_alone(
    database: Database, tmp_path: Path
) -> None:
    await ChangeStore(database).add(change("kept"))
    await database.keep_good_copy()
    await database.keep_good_copy()
    copy = tmp_path / "state.good"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT summary FROM change").fetchall() == [("kept",)]
    assert not unfinished(tmp_path / "state.good").exists()


async def test_a_good_copy_broken_off_by_a_power_cut_is_made_anew(
    database: Database, tmp_path: Path
) -> None:
    unfinished(tmp_path / "state.good").write_bytes(b"half")
    await database.keep_good_copy()
    assert (tmp_path / "state.good").stat().st_size > 4096
