"""The history: what is measured comes back, is bounded, and costs nothing but itself where its file goes bad."""

import sqlite3
from pathlib import Path

import pytest

from tarsd.errors import StateUnavailable
from tarsd.store import rollup_file
from tarsd.store.rollup_file import COARSE, DAY, FINE, HOUR, MINUTE, SERIES, RollupFile, Slot
from tarsd.store.rollups import PENDING, Rollups

NOW = 1_795_316_400  # a full hour


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def size(path: Path) -> int:
    return path.stat().st_size


def rows(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


async def test_what_was_measured_comes_back_in_stretches(path: Path) -> None:
    rollups = Rollups(path, lambda: NOW)
    for minute, value in ((0, 1.0), (1, 0.0), (29, 1.0), (30, 0.5)):
        rollups.note(NOW - HOUR + minute * MINUTE + 7, {"up/redis": value})
    await rollups.flush()
    assert rollups.pending == 0
    slots = await rollups.slots(NOW - DAY, NOW, 1800)
    first = (NOW - HOUR) // 1800
    assert slots == {"up/redis": {first: Slot(0.0, 2 / 3, 1.0), first + 1: Slot(0.5, 0.5, 0.5)}}
    assert rollups.size == size(path)
    assert mode(path) == 0o600


async def test_what_waits_is_shown_too(path: Path) -> None:
    rollups = Rollups(path, lambda: NOW)
    rollups.note(NOW - 60, {"up/redis": 1.0})
    assert (await rollups.slots(NOW - DAY, NOW, 1800))["up/redis"].keys() == {(NOW - 60) // 1800}


def test_hours_outlive_minutes_and_ninety_days_outlive_nothing(path: Path) -> None:
    file = RollupFile(path)
    file.write({NOW: {"a": 1.0}, NOW + MINUTE: {"a": 3.0}}, NOW)
    file.write({NOW + FINE + HOUR: {"a": 5.0}}, NOW + FINE + HOUR)
    assert rows(path, "fine") == 1
    found = file.read(NOW - DAY, NOW + 3 * DAY, HOUR)["a"]
    assert found[NOW // HOUR] == Slot(1.0, 2.0, 3.0)
    file.write({NOW + COARSE + DAY: {"b": 1.0}}, NOW + COARSE + DAY)
    assert (rows(path, "coarse"), rows(path, "series")) == (2, 2)
    file.write({NOW + 2 * COARSE: {"b": 1.0}}, NOW + 2 * COARSE)
    assert (rows(path, "coarse"), rows(path, "series")) == (2, 1)


def test_a_power_cut_between_two_writes_of_one_minute_changes_nothing(path: Path) -> None:
    for _ in range(2):
        RollupFile(path).write({NOW: {"a": 2.0}}, NOW)
    assert (rows(path, "fine"), rows(path, "coarse")) == (1, 1)


def test_names_are_bounded_and_so_is_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RollupFile(path)
    file.write({NOW: {f"up/{it:04}": 1.0 for it in range(SERIES + 50)}}, NOW)
    assert rows(path, "series") == SERIES
    monkeypatch.setattr(rollup_file, "LARGEST", size(path))
    crowd = {NOW + it * MINUTE: {f"up/{name:04}": 0.5 for name in range(200)} for it in range(20)}
    with pytest.raises(sqlite3.OperationalError, match="full"):
        file.write(crowd, NOW)
    assert size(path) <= rollup_file.LARGEST


@pytest.mark.timeout(50)
def test_full_it_is_within_its_bound(path: Path) -> None:
    """As many names as are kept, each hour of ninety days, and the minutes of an hour; the rest by proportion."""
    file = RollupFile(path)
    names = {f"latency/service-with-a-name-{it:03}": 0.123456 + it for it in range(SERIES)}
    hours = {NOW - it * HOUR: names for it in range(0, COARSE // HOUR, 12)}
    file.write(dict.fromkeys(hours, names), NOW)
    size_of_coarse = size(path) * 12  # each twelfth hour was written
    file.write({NOW - it * MINUTE: names for it in range(60)}, NOW)
    size_of_fine = rows(path, "fine") and (size(path) - size_of_coarse / 12) / 60 * 2880
    assert size_of_coarse + size_of_fine < 50e6


@pytest.fixture
def damaged(path: Path) -> Path:
    path.write_bytes(b"no database at all" * 300)
    return path


async def test_a_damaged_file_is_put_aside_and_begun_anew(damaged: Path) -> None:
    path = damaged
    rollups = Rollups(path, lambda: NOW)
    rollups.note(NOW, {"a": 1.0})
    await rollups.flush()
    assert rollups.replaced is not None
    assert size(path.with_suffix(".db.damaged")) == 18 * 300
    assert rows(path, "fine") == 1


async def test_a_disk_that_takes_nothing_loses_the_oldest_minutes_only(tmp_path: Path) -> None:
    rollups = Rollups(tmp_path / "gone" / "history.db", lambda: NOW)
    for minute in range(PENDING + 5):
        rollups.note(NOW + (minute - PENDING) * MINUTE, {"a": float(minute)})
    with pytest.raises(StateUnavailable, match="cannot write"):
        await rollups.flush()
    assert rollups.pending == PENDING
    (tmp_path / "gone").mkdir()
    await rollups.flush()
    assert rows(tmp_path / "gone" / "history.db", "fine") == PENDING


async def test_somebody_else_writes_to_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup_file, "BUSY", 0.05)
    rollups = Rollups(path, lambda: NOW)
    rollups.note(NOW, {"a": 1.0})
    await rollups.flush()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    rollups.note(NOW + 60, {"a": 1.0})
    with pytest.raises(StateUnavailable, match="locked"):
        await rollups.flush()
    other.close()
    await rollups.flush()
    assert rollups.replaced is None


def test_what_a_wrong_clock_dated_goes(path: Path) -> None:
    file = RollupFile(path)
    file.write({NOW + 400 * DAY: {"a": 1.0}}, NOW)
    assert rows(path, "fine") == 0
