"""No task waits for a disk on the event loop: a stall of half a minute there would silence the whole daemon."""

import os
import shutil
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.operations.nas_home import REFUSED, remove, set_up


@pytest.fixture
def stalls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the loop's own thread has waited for a disk."""
    found: list[str] = []
    loop = threading.get_ident()

    def watch(owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == loop:
                ours = [it for it in traceback.extract_stack() if "/tarsd/" in it.filename]
                found.append(f"{name}: " + " <- ".join(f"{it.name}" for it in reversed(ours)))
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    watch(os, "fsync")
    watch(shutil, "rmtree")
    return found


async def test_installs_and_uninstalls(home: Home, stalls: list[str]) -> None:
    assert (await home.install(with_frontend=False)).status is ChangeStatus.DONE
    assert (await home.install(with_frontend=True)).status is ChangeStatus.DONE
    assert (await home.uninstall()).status is ChangeStatus.DONE
    assert (await home.install()).status is ChangeStatus.DONE
    assert (await home.uninstall(purge_data=True)).status is ChangeStatus.DONE
    assert stalls == []


async def test_what_is_undone(home: Home, stalls: list[str]) -> None:
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    assert (await home.install(with_frontend=True)).status is ChangeStatus.UNDONE
    home.compose.starts.clear()
    await home.install()
    home.compose.stack["services"]["redis"]["environment"] = {"NEW": "1"}
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    assert (await home.install(with_frontend=True)).status is ChangeStatus.UNDONE
    home.compose.fails["up"] = "no"
    assert (await home.uninstall()).status is ChangeStatus.DONE
    assert stalls == []


async def test_a_nas_set_up_counted_and_taken_away(home: Home, stalls: list[str]) -> None:
    assert (await set_up(home)).status is ChangeStatus.DONE
    assert (await set_up(home)).status is ChangeStatus.DONE  # the old credentials go
    home.nas.problem = REFUSED
    assert (await set_up(home)).status is ChangeStatus.UNDONE  # the new ones do
    assert (await remove(home)).status is ChangeStatus.DONE
    assert stalls == []


async def test_settings_taken_over(home: Home, stalls: list[str]) -> None:
    home.paths.settings.write_text("[log]\nlevel = 'warning'\n")
    home.app.reload()
    home.app.configured.settle()
    assert stalls == []
    assert home.app.configured.unkept is None
