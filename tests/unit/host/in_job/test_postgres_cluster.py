"""What a cut leaves of a cluster in its first start is told from one in which somebody's data may be."""

from pathlib import Path
from typing import Any

import pytest

from tarsd.host.in_job import CannotAnswer, postgres_cluster

LINE = "\nhost all all all scram-sha-256\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The volume after a first start that was finished; nobody has made a table yet."""
    found = tmp_path / "tars_postgres" / "_data"
    for name in ("base/1", "base/4", "base/5", "base/16384", "global", "pg_wal", "pg_tblspc"):
        (found / name).mkdir(parents=True)
    for name in ("base/1/1259", "base/5/2619_fsm", "base/16384/14567", "global/pg_control"):
        (found / name).touch()
    (found / "PG_VERSION").write_text("17\n")
    (found / "pg_hba.conf").write_text(f"local all all trust\n{LINE}")
    (found / "postgresql.auto.conf").touch()
    (found / "postmaster.pid").touch()
    return found


def ask(data: Path, act: str = "look") -> Any:
    return postgres_cluster.answer({"data": str(data), "act": act})


def looks(data: Path) -> tuple[bool, bool]:
    """Cut off, used."""
    found = ask(data)
    return found["cut_off"], found["used"]


def test_the_line_that_lets_us_in_is_synced_with_its_directory(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr("os.fsync", fsync)
    ask(data, "sync")
    assert synced == [str(data / "pg_hba.conf"), str(data)]
    (data / "pg_hba.conf").unlink()
    (data / "pg_hba.conf").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic"):
        ask(data, "sync")


def test_one_that_was_finished_is_neither(data: Path) -> None:
    assert looks(data) == (False, False)


def test_an_empty_volume_was_not_begun(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    assert looks(tmp_path) == (False, False)


@pytest.mark.parametrize("missing", ["PG_VERSION", "pg_hba.conf"])
def test_initdb_was_cut_off(data: Path, missing: str) -> None:
    (data / missing).unlink()
    assert looks(data) == (True, False)


def test_the_power_took_what_was_not_synced(data: Path) -> None:
    """Files of length zero, and the line that the entrypoint adds after initdb has synced its own."""
    (data / "pg_hba.conf").write_text("local all all trust\n")
    assert looks(data) == (True, False)
    (data / "pg_hba.conf").write_text(LINE)
    (data / "PG_VERSION").write_text("")
    assert looks(data) == (True, False)


@pytest.mark.parametrize(
    "table", ["base/16384/16385", "base/5/16390", "base/16384/16385.1", "base/5/t3_16400"]
)
def test_a_table_of_anybodys_means_that_it_is_used(data: Path, table: str) -> None:
    (data / "pg_hba.conf").write_text("")
    (data / table).touch()
    assert looks(data) == (True, True)


def test_so_does_a_tablespace(data: Path) -> None:
    (data / "pg_tblspc" / "16999").symlink_to("/srv/fast")
    assert looks(data)[1]


@pytest.mark.parametrize("name", ["pgdata", "17", "dump.sql", ".notes"])
def test_so_does_whatever_initdb_does_not_make(data: Path, name: str) -> None:
    """A cluster in a subdirectory, by an override of PGDATA, is not seen from here."""
    (data / name).touch()
    assert looks(data)[1]


def test_what_was_cut_off_is_moved_whole_and_nothing_removed(data: Path) -> None:
    (data / "PG_VERSION").write_text("")
    before = sorted(it.relative_to(data) for it in data.rglob("*"))
    aside = Path(ask(data, "set-aside")["aside"])
    assert aside == data.parent / "cut-off-1"
    assert sorted(it.relative_to(aside) for it in aside.rglob("*")) == before
    assert list(data.iterdir()) == []


def test_a_move_that_was_cut_off_itself_is_finished_beside_it(data: Path) -> None:
    (data / "pg_hba.conf").write_text("")
    first = data.parent / "cut-off-1"
    first.mkdir()
    for name in ("PG_VERSION", "base"):
        (data / name).rename(first / name)
    assert ask(data, "set-aside")["aside"] == str(data.parent / "cut-off-2")
    assert list(data.iterdir()) == []
    assert (first / "base").is_dir()


@pytest.mark.parametrize("cut_off", [True, False])
def test_what_is_used_or_was_finished_is_never_moved(data: Path, cut_off: bool) -> None:
    if cut_off:
        (data / "PG_VERSION").unlink()
        (data / "base/16384/16385").touch()
    before = sorted(data.rglob("*"))
    with pytest.raises(CannotAnswer, match="somebody has used it"):
        ask(data, "set-aside")
    assert sorted(data.rglob("*")) == before
