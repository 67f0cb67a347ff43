"""A state.db that cannot be used is set aside with its reason, the last good copy takes its place, and status says so."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tarsd.changes.model import ChangeStatus
from tarsd.errors import StateUnavailable
from tarsd.store import Database, Trouble
from tarsd.store.changes import ChangeStore
from tarsd.store.schema import MIGRATIONS
from tests.tree import ROOT
from tests.unit.disks import RealDisk, SmallDisk
from tests.unit.names import names
from tests.unit.store.facts import change, fill, summaries


async def trouble_of(path: Path) -> Trouble | None:
    """What a daemon started on this file says about it."""
    database = Database(path)
    await database.open()
    await database.close()
    return database.trouble


def aside(directory: Path) -> list[Path]:
    return [it for it in directory.iterdir() if ".aside-" in it.name and it.suffix[-3:] != "shm"]


async def test_one_cut_short_anywhere_is_replaced_by_the_good_copy(tmp_path: Path) -> None:
    """At every 512 bytes, the smallest piece a disk loses; kept whole beside its reason."""
    await fill(tmp_path / "sound.db", 40)
    whole = (tmp_path / "sound.db").read_bytes()
    recorded = [f"change {number}" for number in range(40)]
    assert len(whole) > 8 * 4096
    for length in range(0, len(whole), 512):
        directory = tmp_path / str(length)
        directory.mkdir()
        shutil.copy(tmp_path / "sound.good", directory / "state.good")
        path = directory / "state.db"
        path.write_bytes(whole[:length])

        trouble = await trouble_of(path)

        assert await summaries(path) == recorded, f"cut to {length} bytes"
        if trouble is None:  # only where nothing was in what is gone
            assert length > len(whole) - 4096
        else:
            (kept,) = aside(directory)
            assert kept.name in trouble.message
            assert "the copy of" in trouble.message
            assert trouble.writable
            assert kept.read_bytes() == whole[:length]
        shutil.rmtree(directory)


async def test_a_few_bytes_changed_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await fill(path, 40)
    raw = bytearray(path.read_bytes())
    for at in range(3 * 4096, 3 * 4096 + 64):
        raw[at] ^= 0xFF
    path.write_bytes(raw)
    trouble = await trouble_of(path)
    assert trouble is not None
    assert "is damaged" in trouble.message
    assert len(await summaries(path)) == 40


@pytest.mark.parametrize(
    "content", [b"hello", b"\x00" * 8192, b"SQLite format 3\x00" + b"\xff" * 4080]
)
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    await fill(path, 3)
    path.write_bytes(content)
    assert await trouble_of(path) is not None
    assert await summaries(path) == ["change 0", "change 1", "change 2"]


async def test_one_of_a_newer_version_is_kept_for_it(tmp_path: Path) -> None:
    """A downgrade: the newer version's data must be there when it comes back."""
    path = tmp_path / "state.db"
    await fill(path, 3)
    newer = len(MIGRATIONS) + 1
    with closing(sqlite3.connect(path)) as opened:
        opened.execute(f"PRAGMA user_version={newer}")
    trouble = await trouble_of(path)
    assert trouble is not None
    assert f"is of schema {newer}, newer than this version knows" in trouble.message
    (kept,) = aside(tmp_path)
    with closing(sqlite3.connect(kept)) as opened:
        assert opened.execute("SELECT count(*) FROM change").fetchone() == (3,)


async def test_one_that_vanished_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await fill(path, 3)
    path.unlink()
    trouble = await trouble_of(path)
    assert trouble is not None
    assert "gone" in trouble.message
    assert len(await summaries(path)) == 3


async def test_without_a_good_copy_an_empty_one_is_started_and_that_is_said(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"rubbish")
    trouble = await trouble_of(path)
    assert trouble is not None
    assert "no good copy" in trouble.message
    assert await summaries(path) == []


async def test_a_good_copy_that_is_empty_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"rubbish")
    (tmp_path / "state.good").touch()
    trouble = await trouble_of(path)
    assert trouble is not None
    assert "no good copy" in trouble.message
    assert trouble.writable


async def test_a_good_copy_that_is_damaged_itself_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"rubbish")
    (tmp_path / "state.good").write_bytes(b"rubbish too")
    trouble = await trouble_of(path)
    assert trouble is not None
    assert "an empty one was started" in trouble.message
    assert (tmp_path / "state.good").read_bytes() == b"rubbish too"


async def test_a_log_that_holds_every_page_heals_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = Database(path)
    await database.open()
    await ChangeStore(database).add(change("good"))
    await database.keep_good_copy()
    await ChangeStore(database).add(change("in the log only"))
    log = (tmp_path / "state.db-wal").read_bytes()
    await database.close()
    path.write_bytes(b"rubbish" * 2000)
    (tmp_path / "state.db-wal").write_bytes(log)
    assert await summaries(path) == ["good", "in the log only"]


async def test_two_damaged_ones_within_a_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for content in (b"rubbish one", b"rubbish two"):
        path.write_bytes(content)
        await trouble_of(path)
    assert sorted(it.read_bytes() for it in aside(tmp_path)) == [b"rubbish one", b"rubbish two"]


async def test_a_log_left_by_a_kill_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = Database(path)
    await database.open()
    await ChangeStore(database).add(change("in the log only"))
    crashed = shutil.copytree(tmp_path, tmp_path.with_name("crashed"))
    await database.close()
    assert await trouble_of(crashed / "state.db") is None
    assert await summaries(crashed / "state.db") == ["in the log only"]


async def test_a_daemon_started_on_a_read_only_disk_refuses_instead_of_forgetting(
    tmp_path: Path,
) -> None:
    small = SmallDisk(tmp_path / "disk", "4m")
    with small as disk:
        await fill(disk / "state.db", 3)
        before = names(disk)
        small.remount("ro")
        database = Database(disk / "state.db")
        await database.open()
        assert not database.writable
        assert database.trouble is not None
        assert "cannot be opened for writing" in database.trouble.message
        store = ChangeStore(database)
        for attempt in (store.add(change()), store.latest(10), database.keep_good_copy()):
            with pytest.raises(StateUnavailable, match=r"state\.db cannot be opened for writing"):
                await attempt
        await database.close()
        assert names(disk) == before

        small.remount("rw")
        assert await trouble_of(disk / "state.db") is None
        assert len(await summaries(disk / "state.db")) == 3


async def test_a_disk_that_fills_up_refuses_and_recovers_without_a_restart(
    tmp_path: Path,
) -> None:
    small = SmallDisk(tmp_path / "disk", "768k")
    with small as disk:
        database = Database(disk / "state.db")
        await database.open()
        store = ChangeStore(database)
        await store.add(change("before"))
        filler = small.fill()
        with pytest.raises(StateUnavailable, match=r"cannot write .*state\.db") as caught:
            await store.add(change("too big for what is left", tasks=5000))
        assert caught.value.fix is not None
        assert "df -h" in caught.value.fix
        assert not database.writable
        assert database.trouble is not None
        assert "full" in database.trouble.message
        with pytest.raises(StateUnavailable, match="no good copy"):
            await database.keep_good_copy()

        filler.unlink()
        await store.add(change("after"))
        assert database.writable
        assert database.trouble is None
        await database.keep_good_copy()
        await database.close()
        recorded = await summaries(disk / "state.db")
        assert (recorded[0], recorded[-1]) == ("before", "after")


async def test_a_disk_that_turns_read_only_in_the_middle_of_a_change(tmp_path: Path) -> None:
    """The end of the change is refused, again and again, until it can be on disk; the past is not forgotten meanwhile."""
    disk = RealDisk(tmp_path / "disk")
    with disk as directory:
        database = Database(directory / "state.db")
        await database.open()
        store = ChangeStore(database)
        running = change("purge")
        running.id = await store.add(running)
        disk.fail()
        running.status, running.ended = ChangeStatus.UNDONE, "2026-11-22T03:13:00.000Z"
        for _ in range(2):
            with pytest.raises(StateUnavailable):
                await store.save_change(running)
            await database.open()  # as the daemon does while it is not writable
            assert not database.writable
            (seen,) = await store.latest(10)
            assert (seen.summary, seen.status) == ("purge", ChangeStatus.DOING)
        await database.close()

        disk.unmount()
        disk.mount()
        again = Database(directory / "state.db")
        await again.open()
        assert [it.summary for it in await ChangeStore(again).unfinished()] == ["purge"]
        await again.close()


async def test_a_disk_on_which_nothing_fits_any_more_does_not_count_as_writable(
    tmp_path: Path,
) -> None:
    """Opening is no proof: what is in the file already can be read and locked on a full disk too."""
    with (small := SmallDisk(tmp_path / "disk", "768k")) as disk:
        await fill(disk / "state.db", 3)
        filler = small.fill()
        database = Database(disk / "state.db")
        await database.open()
        assert not database.writable
        filler.unlink()
        await database.open()
        assert database.writable
        await database.close()


async def test_a_daemon_started_on_a_full_disk_opens_it_once_there_is_room(
    tmp_path: Path,
) -> None:
    small = SmallDisk(tmp_path / "disk", "256k")
    with small as disk:
        filler = small.fill()
        database = Database(disk / "state.db")
        await database.open()
        assert not database.writable
        filler.unlink()
        await database.open()
        assert database.writable
        assert database.trouble is None
        await database.close()


REOPENED = """
import sys
from pathlib import Path
from tarsd.store.file import StateFile

path = Path(sys.argv[1])
for mode in (0o600, 0o000, 0o200, 0o400):
    if path.exists():
        path.chmod(mode)
    file = StateFile(path)
    assert file.open() is None
    file.close()
assert path.stat().st_mode & 0o777 == 0o600
"""


def test_one_that_its_owner_may_not_open_is_opened_all_the_same(tmp_path: Path) -> None:
    """`chmod 000 state.db`: tarsd is root without the right to pass over a file's mode."""
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    words = [sys.executable, "-c", REOPENED, str(tmp_path / "state.db")]
    done = subprocess.run(
        [*(without if os.geteuid() == 0 else []), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
