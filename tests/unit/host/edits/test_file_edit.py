"""Edits that can be taken back: byte for byte, through no symbolic link, and never over what somebody else has written."""

import os
from pathlib import Path
from typing import Any

import pytest

from tarsd.host.edits.record import Record
from tarsd.host.in_job import CannotAnswer, file_edit


class Home:
    """A state directory whose files are edited, and the run that keeps what was there."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "state"
        self.run = directory / "run"
        self.root.mkdir()
        self.run.mkdir()

    def ask(self, act: str, path: str, **given: Any) -> dict[str, Any]:
        where = {"path": str(self.root / path), "root": str(self.root), "run": str(self.run)}
        return file_edit.answer({"act": act, **where, **given})

    def undo(self, since: int = 1, *, force: bool = False) -> list[str]:
        asked = {"act": "undo", "run": str(self.run), "since": since, "force": force}
        undone: list[str] = file_edit.answer(asked)["undone"]
        return [str(Path(it).relative_to(self.root)) for it in undone]

    def picture(self) -> dict[str, tuple[int, bytes]]:
        """All there is: mode and content."""
        return {
            str(it.relative_to(self.root)): (
                it.lstat().st_mode,
                it.read_bytes() if it.is_file() else b"",
            )
            for it in (self.root, *self.root.rglob("*"))
        }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    it = Home(tmp_path)
    (it.root / "a.toml").write_bytes(b"x = 1\r\n")
    (it.root / "a.toml").chmod(0o640)
    return it


def test_everything_a_run_did_is_taken_back_byte_for_byte(home: Home) -> None:
    before = home.picture()
    was = "x = 1\r\n"
    home.ask("write", "a.toml", text="x = 2\n", was=was, mode=0o644)
    home.ask("write", "a.toml", text="x = 3\n", was="x = 2\n", mode=0o644)
    home.ask("mode", "a.toml", mode=0o600)
    home.ask("write", "new/deep/b.toml", text="y", was=None, mode=0o604)
    home.ask("mode", "", mode=0o700) if home.root.stat().st_mode & 0o777 != 0o700 else None
    assert (home.root / "a.toml").read_text() == "x = 3\n"
    assert (home.root / "new/deep/b.toml").stat().st_mode & 0o777 == 0o604
    assert set(home.undo()) >= {"a.toml", "new/deep/b.toml", "new/deep", "new"}
    assert home.picture() == before
    assert home.undo() == [], "a second time there is nothing left"


def test_only_the_last_acts_are_taken_back(home: Home) -> None:
    home.ask("write", "a.toml", text="x = 2\n", was="x = 1\r\n", mode=0o644)
    home.ask("write", "a.toml", text="x = 3\n", was="x = 2\n", mode=0o644)
    assert home.undo(since=2) == ["a.toml"]
    assert (home.root / "a.toml").read_text() == "x = 2\n"
    assert home.undo() == ["a.toml"]
    assert (home.root / "a.toml").read_bytes() == b"x = 1\r\n"


def test_a_new_content_keeps_the_files_mode(home: Home) -> None:
    home.ask("write", "a.toml", text="x = 2\n", was="x = 1\r\n", mode=0o644)
    assert (home.root / "a.toml").stat().st_mode & 0o777 == 0o640


def test_a_removed_file_comes_back(home: Home) -> None:
    before = home.picture()
    home.ask("remove", "a.toml", was="x = 1\r\n")
    assert not (home.root / "a.toml").exists()
    home.undo()
    assert home.picture() == before


def test_what_is_so_already_is_no_edit(home: Home) -> None:
    assert home.ask("mode", "a.toml", mode=0o640) == {"changed": False}
    assert home.ask("write", "a.toml", text="x = 1\r\n", was="?", mode=0o644) == {"changed": False}
    assert Record(home.run).entries() == []


@pytest.mark.parametrize("was", [None, "x = 0\n"])
def test_what_somebody_has_just_changed_is_not_overwritten(home: Home, was: str | None) -> None:
    with pytest.raises(CannotAnswer, match="has just been changed"):
        home.ask("write", "a.toml", text="x = 2\n", was=was, mode=0o644)
    assert (home.root / "a.toml").read_bytes() == b"x = 1\r\n"


def test_an_undo_refuses_what_was_changed_since_before_it_touches_anything(home: Home) -> None:
    home.ask("write", "a.toml", text="x = 2\n", was="x = 1\r\n", mode=0o644)
    home.ask("write", "b.toml", text="y = 1\n", was=None, mode=0o644)
    (home.root / "a.toml").write_text("mine\n")
    after = home.picture()
    with pytest.raises(CannotAnswer, match=r"a\.toml has been changed since"):
        home.undo()
    assert home.picture() == after
    assert set(home.undo(force=True)) == {"a.toml", "b.toml"}
    assert (home.root / "a.toml").read_bytes() == b"x = 1\r\n"
    kept = [it.read_text() for it in home.run.glob("*.replaced")]
    assert kept == ["mine\n"], "what was overwritten on its owner's word is kept"


def test_an_edit_that_a_power_cut_prevented_needs_no_undo(home: Home) -> None:
    """It was on record, and then never done."""
    home.ask("write", "a.toml", text="x = 2\n", was="x = 1\r\n", mode=0o644)
    (home.root / "a.toml").write_bytes(b"x = 1\r\n")
    assert home.undo() == ["a.toml"]
    assert (home.root / "a.toml").read_bytes() == b"x = 1\r\n"


def test_a_directory_of_ours_that_somebody_uses_stays(home: Home) -> None:
    home.ask("write", "new/b.toml", text="y", was=None, mode=0o644)
    (home.root / "new/theirs").write_text("t")
    home.undo()
    assert (home.root / "new/theirs").read_text() == "t"
    assert not (home.root / "new/b.toml").exists()


@pytest.mark.parametrize("act", ["write", "mode", "read", "remove"])
@pytest.mark.parametrize("link", ["file", "directory"])
def test_no_symbolic_link_is_followed(home: Home, tmp_path: Path, act: str, link: str) -> None:
    target = tmp_path / "shadow"
    target.mkdir()
    (target / "b").write_text("secret")
    if link == "file":
        (home.root / "b").symlink_to(target / "b")
    else:
        (home.root / "d").symlink_to(target)
    given = {"text": "x", "was": "secret", "mode": 0o777}
    with pytest.raises(CannotAnswer, match="symbolic link"):
        home.ask(act, "b" if link == "file" else "d/b", **given)
    assert (target / "b").read_text() == "secret"


def test_a_state_directory_on_another_disk_is_its_owners_own_link(home: Home) -> None:
    link = home.root.with_name("linked")
    link.symlink_to(home.root)
    asked = {"path": str(link / "a.toml"), "root": str(link), "run": str(home.run)}
    file_edit.answer({"act": "mode", **asked, "mode": 0o600})
    assert (home.root / "a.toml").stat().st_mode & 0o777 == 0o600


def test_odd_things_are_refused_in_words(home: Home) -> None:
    os.mkfifo(home.root / "pipe")
    with pytest.raises(CannotAnswer, match="no plain file"):
        home.ask("mode", "pipe", mode=0o600)
    os.link(home.root / "a.toml", home.root / "twin")
    with pytest.raises(CannotAnswer, match="other names"):
        home.ask("mode", "a.toml", mode=0o600)
    (home.root / "large").write_bytes(b"x" * (1 << 20) + b"x")
    with pytest.raises(CannotAnswer, match="larger than"):
        home.ask("mode", "large", mode=0o600)
    with pytest.raises(CannotAnswer, match="there is no such file"):
        home.ask("mode", "nothing", mode=0o600)
    (home.root / "bytes").write_bytes(b"\xff")
    with pytest.raises(CannotAnswer, match="it is no text"):
        home.ask("read", "bytes")


def test_a_record_that_makes_no_sense_undoes_nothing(home: Home) -> None:
    (home.run / "record.json").write_text('{"version": 1, "acts": [{}]}')
    with pytest.raises(CannotAnswer, match=r"cannot undo run .*makes no sense"):
        home.undo()
    (home.run / "record.json").write_text('{"version": 2, "acts": []}')
    with pytest.raises(CannotAnswer, match="its version is 2"):
        home.undo()
