"""Backups on disk: whole or not there, bounded, and the last good one is never pushed out."""

import gzip
import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tarsd.errors import NoSpace
from tarsd.host.backups.kept import RESERVE, Backups, Kept
from tarsd.host.files import UNFINISHED
from tarsd.settings import Data

BEGAN = datetime(2026, 11, 20, 3, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


class Place:
    """A disk with room, and a backup of each day."""

    def __init__(self, root: Path) -> None:
        self.root = root / "backups"
        self.free = 1 << 40
        self.bounds = Data(keep=3)
        self.backups = Backups(self.root, lambda: self.bounds, lambda _: self.free)

    def keep(self, day: int, holds: int | None, size: int = 100, kind: str = "chroma") -> Kept:
        pending = self.backups.begin("chromadb", kind, BEGAN + day * DAY, "data.tar.gz")
        pending.write(bytes(size))
        self.made = self.backups.keep(pending, "chroma:1.5.9", holds)
        return self.made

    def thin_out(self, *, frozen: bool = False) -> Sequence[str]:
        return self.backups.thin_out(self.made, frozen=frozen)

    def held(self) -> list[int | None]:
        return [it.holds for it in self.backups.all("chromadb")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_one_is_kept_with_its_sum_and_for_root_alone(place: Place) -> None:
    kept = place.keep(1, 5, 4000)
    path = place.backups.path(kept)
    assert gzip.decompress(path.read_bytes()) == bytes(4000)
    assert path.stat().st_size == kept.bytes
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (place.root.stat().st_mode & 0o777) == 0o700
    (found,) = place.backups.all()
    assert found == kept
    assert (found.holds, found.image, found.made) == (5, "chroma:1.5.9", BEGAN + DAY)


def test_one_that_was_cut_off_is_none_and_is_swept_away(place: Place) -> None:
    """A power cut before the last step; the next one begins."""
    pending = place.backups.begin("chromadb", "chroma", BEGAN, "data.tar.gz")
    pending.write(b"half")
    assert place.backups.all() == []
    assert [it.name for it in place.root.iterdir()] == [pending.place.name]
    place.keep(1, 5)
    assert not pending.place.exists()
    assert len(place.backups.all()) == 1
    pending.drop()  # only closes its file


def test_one_that_failed_leaves_nothing(place: Place) -> None:
    pending = place.backups.begin("chromadb", "chroma", BEGAN, "data.tar.gz")
    pending.write(b"half")
    pending.drop()
    assert list(place.root.iterdir()) == []


def test_the_oldest_goes_first(place: Place) -> None:
    kept = [place.keep(day, 5) for day in range(5)]
    assert place.thin_out() == [it.name for it in kept[:2]]
    assert list(place.backups.all()) == kept[2:]
    assert place.thin_out() == []


def test_what_was_just_made_stays_although_the_clock_was_set_back(place: Place) -> None:
    """A machine whose clock has lost its battery: by its date it is the oldest, and a repair relies on it."""
    for day in range(3):
        place.keep(day, 5)
    made = place.keep(-9000, 6)
    place.thin_out()
    assert made in place.backups.all()
    assert place.held() == [6, 5, 5]


def test_empty_ones_never_push_out_the_last_that_holds_something(place: Place) -> None:
    for day, holds in enumerate([7, 5, 0, 0, 0, 0]):
        place.keep(day, holds)
    place.thin_out()
    assert place.held() == [5, 0, 0]


def test_while_its_data_seems_lost_nothing_that_holds_any_goes(place: Place) -> None:
    for day, holds in enumerate([7, 5, 3, 2, 0, 0]):
        place.keep(day, holds)
    place.thin_out(frozen=True)
    assert place.held() == [7, 5, 3, 2, 0]


def test_what_nobody_counted_is_taken_to_hold_something(place: Place) -> None:
    for day, holds in enumerate([None, 0, 0, 0, 0]):
        place.keep(day, holds)
    place.thin_out()
    assert place.held() == [None, 0, 0]


def test_those_of_another_kind_are_left(place: Place) -> None:
    aof = place.keep(0, None, kind="aof")
    for day in range(1, 6):
        place.keep(day, 5)
    place.thin_out()
    assert aof in place.backups.all()


def test_too_large_in_all_the_oldest_goes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [place.keep(day, 5) for day in range(3)]
    monkeypatch.setattr("tarsd.host.backups.kept.MIB", kept[0].bytes / 10)
    place.bounds = Data(keep=3, megabytes=20)
    place.thin_out()
    assert list(place.backups.all()) == kept[1:]


def test_too_large_together_those_of_others_go_too_but_for_the_last(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    aof = [place.keep(day, None, kind="aof") for day in range(3)]
    kept = place.keep(3, 5)
    monkeypatch.setattr("tarsd.host.backups.kept.MIB", kept.bytes / 10)
    place.bounds = Data(keep=3, megabytes=10)
    place.thin_out()
    assert list(place.backups.all()) == [aof[-1], kept], (
        "the last of each stays, whatever the bounds"
    )


def test_without_room_none_is_begun(place: Place) -> None:
    place.free = RESERVE + 1000
    place.backups.room(1000)
    with pytest.raises(NoSpace, match="cannot keep a backup in") as caught:
        place.backups.room(1001)
    assert "df -h" in str(caught.value.fix)


def test_a_disk_that_fills_up_meanwhile_ends_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tarsd.host.backups.pending.LOOK_EACH", 1)
    pending = place.backups.begin("postgres", "pg_dumpall", BEGAN, "dump.sql.gz")
    pending.write(b"there is room")
    place.free = RESERVE - 1
    with pytest.raises(NoSpace):
        pending.write(os.urandom(500_000))
    pending.drop()
    assert list(place.root.iterdir()) == []


def test_one_larger_than_all_that_may_be_kept(place: Place) -> None:
    place.bounds = Data(megabytes=10)
    with pytest.raises(NoSpace, match=r"\[data\] megabytes allows 10"):
        place.backups.room(11 << 20)


def test_what_is_not_ours_is_neither_counted_nor_touched(place: Place) -> None:
    kept = [place.keep(day, 5) for day in range(5)]
    own = place.root / "my own copy"
    own.mkdir()
    (own / "dump.sql").write_text("mine")
    (place.root / "notes.txt").write_text("mine")
    place.thin_out()
    assert list(place.backups.all()) == kept[2:]
    assert (own / "dump.sql").read_text() == "mine"
    assert (place.root / "notes.txt").exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"name": 1}', "null"])
def test_a_manifest_that_makes_no_sense_is_no_backup(place: Place, damage: str) -> None:
    kept = place.keep(1, 5)
    (place.root / kept.name / "manifest.json").write_text(damage)
    assert place.backups.all() == []
    assert place.backups.path(kept).exists()


def test_a_file_that_was_cut_is_no_backup(place: Place) -> None:
    kept = place.keep(1, 5)
    path = place.backups.path(kept)
    path.write_bytes(path.read_bytes()[:-1])
    assert place.backups.all() == []


def test_one_of_a_newer_version_is_left_to_it(place: Place) -> None:
    kept = place.keep(1, 5)
    manifest = place.root / kept.name / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 2}))
    assert place.backups.all() == []


def test_a_removal_that_was_cut_off_is_finished_by_the_next(place: Place) -> None:
    kept = place.keep(1, 5)
    (place.root / kept.name).rename(place.root / f".{kept.name}{UNFINISHED}")
    assert place.backups.all() == []
    place.keep(2, 5)
    assert len(list(place.root.iterdir())) == 1
