"""Nobody's mount and nobody's files disappear behind a share."""

from pathlib import Path

import pytest

from tarsd.host.nas.place import PASSING, place_for


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(
        "1 0 0:1 / /mnt/nas/ours ro - cifs //nas/docs rw\n"
        "2 0 0:2 / /mnt/nas/disk rw - ext4 /dev/sdb1 rw\n"
        "3 0 0:3 / /mnt/nas/auto rw - autofs systemd-1 rw\n"
    )
    return path


def why(
    table: Path, path: Path | str, *, ours: bool = False, passing: tuple[str, ...] = ()
) -> str | None:
    found = place_for(str(path), ours=ours, mountinfo=table, passing=passing)
    if found is None:
        return None
    assert found.reason == "path"
    assert "--path" in found.fix
    return found.message


def test_what_is_not_there_yet_or_empty_is_free(table: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert why(table, tmp_path / "empty") is None
    assert why(table, tmp_path / "none" / "below") is None


def test_files_are_not_hidden(table: Path, tmp_path: Path) -> None:
    (tmp_path / "tax.pdf").touch()
    assert "not empty" in (why(table, tmp_path) or "")
    assert "a file of that name" in (why(table, tmp_path / "tax.pdf") or "")


def test_a_link_that_leads_elsewhere(table: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert str(tmp_path / "real") in (why(table, tmp_path / "link") or "")
    assert str(tmp_path / "real") in (why(table, tmp_path / "link" / "below") or "")


@pytest.mark.parametrize("path", ["/tmp/nas/documents", "/run/nas/documents", "/var/tmp/a/b"])
def test_what_a_boot_empties_is_no_place(table: Path, path: str) -> None:
    """A job has a /tmp of its own, too: what lies in the real one would not be seen."""
    assert "longer than a boot" in (why(table, path, passing=PASSING) or "")


@pytest.mark.parametrize("ours", [True, False])
def test_somebody_elses_mount_is_never_covered(table: Path, ours: bool) -> None:
    assert "/dev/sdb1 (ext4)" in (why(table, "/mnt/nas/disk", ours=ours) or "")
    assert "an automount" in (why(table, "/mnt/nas/auto", ours=ours) or "")


def test_a_network_mount_is_replaced_only_if_a_setup_made_it(table: Path) -> None:
    assert why(table, "/mnt/nas/ours", ours=True) is None
    assert "//nas/docs (cifs)" in (why(table, "/mnt/nas/ours") or "")
