"""A disk that is full from some write on: a first install is taken back whole, and says what is wrong."""

import errno
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.home import Home
from tests.unit.names import names

WRITES = 12
"""Files that a first install writes; test_that_these_are_all holds it."""


class FullDisk:
    """Refuses to make the file number `after`, and all that follow."""

    def __init__(self, make: Callable[..., Any], after: int) -> None:
        self._make = make
        self.left = after
        self.made = 0

    def __call__(self, *args: Any, **more: Any) -> Any:
        if self.left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.left -= 1
        self.made += 1
        return self._make(*args, **more)


def full_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> FullDisk:
    disk = FullDisk(tempfile.mkstemp, writes)
    monkeypatch.setattr(tempfile, "mkstemp", disk)
    return disk


@pytest.mark.parametrize("writes", range(WRITES))
async def test_a_disk_that_fills_up_during_an_install(
    home: Home, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    full_after(monkeypatch, writes)
    change = await home.install()
    if change.status is ChangeStatus.DONE:  # only what need not be kept could not be written
        assert home.app.configured.unkept is not None
        return
    assert change.status is ChangeStatus.UNDONE, change
    assert change.error is not None
    assert "No space left on device" in change.error["message"]
    assert change.error["fix"] == "df -h; df -i"
    assert home.engine.containers == {}
    assert home.generation is None
    assert names(home.paths.conf_d) == []
    monkeypatch.undo()
    assert (await home.install()).status is ChangeStatus.DONE


async def test_that_these_are_all(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = full_after(monkeypatch, 10_000)
    await home.install()
    assert disk.made == WRITES
