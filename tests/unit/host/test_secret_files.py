"""Secrets: made once, never overwritten, readable by the container of any user and by nobody else."""

import re
from pathlib import Path

import pytest

from tarsd.host.secret_files import SecretFiles
from tests.unit.names import names


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    return SecretFiles(tmp_path / "state" / "secrets")


def test_a_secret_has_192_random_bits_and_nothing_a_shell_or_url_would_change(
    secrets: SecretFiles,
) -> None:
    secrets.make("one")
    secrets.make("two")
    assert re.fullmatch("[0-9a-f]{48}", secrets.read("one"))
    assert secrets.read("one") != secrets.read("two")


def test_the_directory_is_shut_and_the_files_within_are_open(secrets: SecretFiles) -> None:
    """Compose binds the file itself; a container of another user must read it."""
    secrets.make("one")
    assert secrets.directory.stat().st_mode & 0o777 == 0o700
    assert (secrets.directory / "one").stat().st_mode & 0o777 == 0o444


def test_only_what_is_not_there_or_empty_is_missing(secrets: SecretFiles) -> None:
    secrets.make("made")
    (secrets.directory / "by-hand").write_text("hunter2\n")
    (secrets.directory / "empty").write_text(" \n")
    assert secrets.missing(["made", "by-hand", "empty", "never"]) == ["empty", "never"]


def test_before_the_first_install_all_are_missing(secrets: SecretFiles) -> None:
    assert secrets.missing(["one"]) == ["one"]


def test_a_secret_that_cannot_be_read_is_not_missing(secrets: SecretFiles) -> None:
    """A disk with a bad sector, a volume not mounted yet: making it anew would lose the old for ever."""
    secrets.make("one")
    (secrets.directory / "one").unlink()
    (secrets.directory / "one").symlink_to("one")  # ELOOP
    with pytest.raises(OSError, match="one"):
        secrets.missing(["one"])


def test_a_secret_written_by_hand_may_end_with_a_line_end(secrets: SecretFiles) -> None:
    secrets.make("one")
    (secrets.directory / "by-hand").write_text("hunter2\n")
    assert secrets.read("by-hand") == "hunter2"


def test_dropping_removes_one_and_bears_that_it_is_gone(secrets: SecretFiles) -> None:
    secrets.drop("one")
    secrets.make("one")
    secrets.make("two")
    secrets.drop("one")
    secrets.drop("one")
    assert names(secrets.directory) == ["two"]


def test_a_derived_file_is_only_touched_when_it_differs(secrets: SecretFiles) -> None:
    secrets.make("one")
    secrets.derive("redis.conf", "requirepass a\n", 0o444)
    inode = (secrets.directory / "redis.conf").stat().st_ino
    secrets.derive("redis.conf", "requirepass a\n", 0o444)
    assert (secrets.directory / "redis.conf").stat().st_ino == inode
    secrets.derive("redis.conf", "requirepass b\n", 0o444)
    assert (secrets.directory / "redis.conf").read_text() == "requirepass b\n"


def test_a_derived_file_that_is_damaged_is_written_anew(secrets: SecretFiles) -> None:
    secrets.make("one")
    (secrets.directory / "redis.conf").write_bytes(b"\xff\x00")
    secrets.derive("redis.conf", "requirepass a\n", 0o444)
    assert (secrets.directory / "redis.conf").read_text() == "requirepass a\n"


def test_an_environment_file_is_sorted_and_for_root_alone(secrets: SecretFiles) -> None:
    secrets.make("one")
    secrets.derive_environment("webui.env", {"B": "2", "A": "1"})
    path = secrets.directory / "webui.env"
    assert path.read_text() == "A=1\nB=2\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_password_of_a_nas_is_hidden_and_its_user_is_not(tmp_path: Path) -> None:
    (tmp_path / "nas-0a0b0c0d.credentials").write_text("username=scan\npassword=hunter2\n")
    assert SecretFiles(tmp_path).hide("scan said hunter2") == "scan said [secret]"
