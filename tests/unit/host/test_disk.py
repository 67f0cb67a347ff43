"""Free space as the file system tells it."""

import os
from pathlib import Path

import pytest

from tarsd.host.disk import usage


def test_a_file_system_tells_its_size(tmp_path: Path) -> None:
    found = usage(str(tmp_path))
    told = os.statvfs(tmp_path)
    assert 0 < found.free <= found.total == told.f_blocks * told.f_frsize
    assert found.path == str(tmp_path)


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        usage(str(tmp_path / "gone"))
