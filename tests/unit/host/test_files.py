"""Files that survive a power cut: a reader sees the old or the new, whole, and never anything between."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tarsd.host.files import (
    link_atomic,
    make_directory,
    sweep,
    sync_directory,
    unfinished,
    write_atomic,
    write_changed,
)
from tests.tree import ROOT
from tests.unit.names import names


def test_the_new_content_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_atomic(path, "new")
    assert path.read_text() == "new"
    assert names(tmp_path) == ["file"]


def test_text_is_written_as_utf8_and_bytes_as_they_are(tmp_path: Path) -> None:
    write_atomic(tmp_path / "text", "grün")
    write_atomic(tmp_path / "bytes", b"\x00\xff")
    assert (tmp_path / "text").read_bytes() == b"gr\xc3\xbcn"
    assert (tmp_path / "bytes").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_mode_is_the_one_asked_for_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "private", "x")
        write_atomic(tmp_path / "public", "x", 0o644)
    finally:
        os.umask(before)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    target = tmp_path / "directory"
    target.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_atomic(target, "x")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["directory", "file"]


def test_a_missing_directory_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        write_atomic(tmp_path / "gone" / "file", "x")


WRITER = """
import sys
from pathlib import Path
from tarsd.host.files import write_atomic
path = Path(sys.argv[1])
print("writing", flush=True)
while True:
    for letter in "ab":
        write_atomic(path, letter * 300_000)
"""


def test_a_writer_killed_anywhere_leaves_one_whole_version(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a" * 300_000)
    for attempt in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, path], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.01 + attempt * 0.003)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        content = path.read_text()
        assert len(content) == 300_000
        assert len(set(content)) == 1


def test_a_directory_is_made_with_its_parents_for_root_alone(tmp_path: Path) -> None:
    make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_directory_that_exists_keeps_the_mode_its_owner_gave_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o750)
    make_directory(tmp_path / "mine", 0o700)
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o750


def test_a_link_is_pointed_elsewhere_in_one_step(tmp_path: Path) -> None:
    link = tmp_path / "current"
    link_atomic(link, "1")
    link_atomic(link, "2")
    assert link.readlink() == Path("2")
    assert names(tmp_path) == ["current"]


def test_a_link_left_half_made_by_a_power_cut_is_no_obstacle(tmp_path: Path) -> None:
    unfinished(tmp_path / "current").symlink_to("7")
    link_atomic(tmp_path / "current", "2")
    assert names(tmp_path) == ["current"]


def test_syncing_something_that_is_no_directory_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_directory(tmp_path / "file")


def test_a_sweep_takes_what_a_kill_left_unfinished_and_nothing_else(tmp_path: Path) -> None:
    whole, hidden = tmp_path / "file", tmp_path / ".owner.new"
    for path in (whole, hidden):
        path.write_text("kept")
    unfinished(whole).write_text("half")
    unfinished(tmp_path / "7").mkdir()
    (unfinished(tmp_path / "7") / "compose.json").write_text("{")
    unfinished(tmp_path / "current").symlink_to(tmp_path)
    assert len(sweep(tmp_path)) == 3
    assert names(tmp_path) == [".owner.new", "file"]


def test_a_killed_write_is_what_a_sweep_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise PowerCutError

    monkeypatch.setattr(Path, "rename", cut)
    monkeypatch.setattr(Path, "unlink", cut)
    with pytest.raises(PowerCutError):
        write_atomic(tmp_path / "file", "x")
    monkeypatch.undo()
    assert names(tmp_path)
    sweep(tmp_path)
    assert names(tmp_path) == []


def test_a_directory_that_is_not_there_yet_needs_no_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path / "generations") == []


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_changed(path, "x")
    before = path.stat()
    write_changed(path, "x")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    path.chmod(0o644)
    write_changed(path, "x")
    assert path.stat().st_mode & 0o777 == 0o600
    write_changed(path, "y")
    assert path.read_text() == "y"
