"""What lies in a volume: how much, of which PostgreSQL, and what was not finished."""

from pathlib import Path

import pytest

from tarsd.host.in_job import CannotAnswer, volume_look


def look(data: Path, partial: str = "") -> dict[str, object]:
    return volume_look.answer({"data": str(data), "partial": partial})


@pytest.mark.parametrize("place", ["", "data", "18/docker", "17/main"])
def test_a_cluster_wherever_images_keep_it(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "PG_VERSION").write_text("17\n")
    assert look(tmp_path)["majors"] == ["17"]


def test_databases_have_that_file_too_and_are_no_clusters(tmp_path: Path) -> None:
    (tmp_path / "base" / "16384").mkdir(parents=True)
    (tmp_path / "base" / "16384" / "PG_VERSION").write_text("17\n")
    assert look(tmp_path)["majors"] == []


def test_an_empty_version_file_is_a_first_start_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").touch()
    assert look(tmp_path)["majors"] == []


def test_the_sum_is_without_the_log_that_no_dump_holds(tmp_path: Path) -> None:
    for name, size in (("base", 1000), ("pg_wal", 5000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1").write_bytes(bytes(size))
    (tmp_path / "link").symlink_to("/")  # not followed
    assert look(tmp_path)["bytes"] == 1000


def test_partial_files_by_what_they_take(tmp_path: Path) -> None:
    blobs = tmp_path / "models" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "sha256-a").write_bytes(bytes(100))
    with (blobs / "sha256-b-partial").open("wb") as stream:
        stream.truncate(1 << 30)
        stream.write(bytes(8192))
    (blobs / "sha256-b-partial-0").write_text("{}")
    rows = look(tmp_path, "models/blobs/*-partial*")["partial"]
    assert isinstance(rows, list)
    names = [Path(row[0]).name for row in rows]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    assert names == ["sha256-b-partial", "sha256-b-partial-0"]
    assert rows[0][1] < 1 << 20, "a sparse file takes what is written of it"


def test_what_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(CannotAnswer, match="it is no directory"):
        look(tmp_path / "nothing")
