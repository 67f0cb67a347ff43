"""Evidence on disk: for root alone, whole, and never more than was allowed."""

from pathlib import Path

import pytest

from tarsd.host import evidence
from tarsd.host.evidence import MOST_BYTES, MOST_SETS, EvidenceFiles, NoRoom
from tarsd.host.files import unfinished
from tarsd.settings import Evidence as Bounds
from tests.unit.names import names


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def files(
    place: Path, megabytes: int = 64, incidents: int = 100, free: int = 1 << 40
) -> EvidenceFiles:
    bounds = Bounds(megabytes=megabytes, incidents=incidents)
    return EvidenceFiles(place, lambda: bounds, lambda _: free)


def stamp(number: int) -> str:
    return f"20261122T0312{number:02}Z"


def size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def test_it_is_for_root_alone(place: Path) -> None:
    assert files(place).save(31, stamp(4), {"a.json": "{}", "b.log": "x"}, ()) == [
        "20261122T031204Z-a.json",
        "20261122T031204Z-b.log",
    ]
    assert place.stat().st_mode & 0o777 == (place / "31").stat().st_mode & 0o777 == 0o700
    assert {it.stat().st_mode & 0o777 for it in (place / "31").iterdir()} == {0o600}
    assert files(place).names(31) == names(place / "31")
    assert files(place).names(32) == []


def test_a_long_log_keeps_its_end_and_anything_else_its_beginning(place: Path) -> None:
    long = "".join(f"line {number}\n" for number in range(100_000))
    files(place).save(1, stamp(0), {"a.log": long, "b.json": long}, ())
    log, document = sorted((place / "1").iterdir())
    assert log.stat().st_size == document.stat().st_size == MOST_BYTES
    assert log.read_text().startswith("[... cut ...]\n")
    assert log.read_text().endswith("line 99999\n")
    assert document.read_text().startswith("line 0\n")


def test_what_is_resolved_gives_way_first_and_the_oldest_of_it(place: Path) -> None:
    mine = files(place, incidents=3)
    for number in (1, 2, 3):
        mine.save(number, stamp(0), {"a.log": "x"}, ())
    mine.save(4, stamp(0), {"a.log": "x"}, {1, 4})
    assert names(place) == ["1", "3", "4"]
    mine.save(5, stamp(0), {"a.log": "x"}, {1, 3, 4, 5})
    assert names(place) == ["3", "4", "5"], "if there is nothing else, of those that are open too"


def test_all_together_never_exceed_what_was_allowed(place: Path) -> None:
    mine = files(place, megabytes=1)
    for number in range(1, 20):
        mine.save(number, stamp(0), {"a.log": "x" * MOST_BYTES}, range(20))
        assert size(place) <= 1024**2
    assert names(place) == ["16", "17", "18", "19"]
    for number in range(10):
        mine.save(19, stamp(number), {"a.log": "x" * MOST_BYTES, "b.log": "x" * MOST_BYTES}, {19})
        assert size(place) <= 1024**2


def test_of_one_incident_the_first_set_and_the_newest_stay(place: Path) -> None:
    for number in range(10):
        files(place).save(1, stamp(number), {"a.log": "x", "b.json": "{}"}, {1})
    stamps = sorted({name.partition("-")[0] for name in names(place / "1")})
    assert stamps == [stamp(0), *(stamp(number) for number in range(10 - MOST_SETS + 1, 10))]


def test_a_disk_with_nothing_to_spare_is_left_alone(place: Path) -> None:
    with pytest.raises(NoRoom, match="only 100 MiB are free"):
        files(place, free=100 * 1024**2).save(1, stamp(0), {"a.log": "x"}, ())
    assert names(place) == []


def test_what_a_power_cut_left_unfinished_is_cleared_away(place: Path) -> None:
    files(place).save(1, stamp(0), {"a.log": "x"}, ())
    unfinished(place / "1" / "b.log").write_text("half")
    assert files(place).names(1) == [f"{stamp(0)}-a.log"]
    files(place).save(1, stamp(1), {"a.log": "x"}, ())
    assert names(place / "1") == [f"{stamp(0)}-a.log", f"{stamp(1)}-a.log"]


def test_the_owners_own_files_are_not_touched(place: Path) -> None:
    (place / "notes").mkdir(parents=True)
    (place / "notes" / "a").write_text("mine")
    files(place, incidents=1).save(1, stamp(0), {"a.log": "x"}, ())
    files(place, incidents=1).save(2, stamp(0), {"a.log": "x"}, ())
    assert names(place) == ["2", "notes"]


def test_pressure_is_what_the_kernel_says(tmp_path: Path) -> None:
    for name in ("cpu", "memory", "io"):
        (tmp_path / name).write_text(f"some avg10=0.00 of {name}\n")
    found = evidence.pressure(tmp_path)
    assert found.startswith("cpu\nsome avg10=0.00 of cpu\n\nmemory\n")
    assert "\nload " in found
