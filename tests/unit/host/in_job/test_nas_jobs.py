"""The small jobs of the NAS: the unit's file, the empty directories, the count."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tarsd.host.in_job import CannotAnswer, nas_count, nas_place, nas_unit
from tarsd.host.nas.unit import HEADER

NAME = "mnt-nas-documents.mount"
FOR_EVER = time.monotonic() + 3600


def unit(directory: Path, act: str, text: str | None = None) -> str | None:
    return nas_unit.act({"name": NAME, "act": act, "text": text}, directory)


def test_a_units_file_is_written_read_and_removed(tmp_path: Path) -> None:
    assert unit(tmp_path, "write", f"{HEADER}one") is None
    assert unit(tmp_path, "write", f"{HEADER}two") == f"{HEADER}one"
    assert unit(tmp_path, "read") == f"{HEADER}two"
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o644
    unit(tmp_path, "remove")
    unit(tmp_path, "remove")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("act", ["write", "remove"])
def test_a_unit_of_the_owners_own_is_neither_overwritten_nor_removed(
    tmp_path: Path, act: str
) -> None:
    theirs = "[Mount]\nWhat=//nas/docs\n"
    (tmp_path / NAME).write_text(theirs)
    with pytest.raises(CannotAnswer, match="was not made by tarsctl nas setup"):
        unit(tmp_path, act, f"{HEADER}ours")
    assert (tmp_path / NAME).read_text() == theirs


def test_a_masked_unit_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/dev/null")
    with pytest.raises(CannotAnswer, match="systemctl unmask"):
        unit(tmp_path, "write", f"{HEADER}ours")


def test_only_empty_directories_are_removed_and_none_around_a_full_one(tmp_path: Path) -> None:
    inner = tmp_path / "nas" / "documents"
    inner.mkdir(parents=True)
    given = [str(inner), str(inner.parent)]
    (inner / "tax.pdf").touch()
    assert nas_place.answer(given) == {"removed": []}
    (inner / "tax.pdf").unlink()
    assert nas_place.answer(given) == {"removed": given}
    assert nas_place.answer(given) == {"removed": []}


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """Three documents among what a NAS keeps for itself."""
    for name in ("a.pdf", "sub/b.pdf", "sub/deep/ü.txt", ".DS_Store", "@eaDir/a.pdf", "#recycle/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def test_documents_are_counted_and_nothing_else(share: Path) -> None:
    assert nas_count.count(str(share), FOR_EVER) == {"documents": 3, "complete": True}


def test_a_count_that_ran_out_of_time_says_so(share: Path) -> None:
    found = nas_count.count(str(share), time.monotonic() - 1)
    assert found["complete"] is False
    assert found["documents"] <= 1


def test_a_directory_that_may_not_be_read_makes_it_incomplete(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", _refusing(os.scandir, str(share / "sub")))
    assert nas_count.count(str(share), FOR_EVER) == {"documents": 1, "complete": False}


def test_a_share_that_may_not_be_read_at_all_is_no_empty_share(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", _refusing(os.scandir, str(share)))
    with pytest.raises(PermissionError):
        nas_count.count(str(share), FOR_EVER)


def _refusing(right: Callable[[str], Any], refused: str) -> Callable[[str], Any]:
    def scandir(path: str) -> Any:
        if path == refused:
            raise PermissionError(13, "Permission denied", path)
        return right(path)

    return scandir
