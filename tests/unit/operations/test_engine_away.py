"""An Engine that is away in an install: busy, or restarted by the healer, which may take minutes."""

import asyncio
from collections.abc import Callable

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.operations.engine_wait import ENGINE_AWAY
from tests.unit.home import Home

RESTART = 30.0 + 240.0
"""Seconds that the healer waits, and then gives Docker for its restart."""

AWAY = (
    "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?"
)


@pytest.fixture(params=["silent", "gone for Compose"])
def leave(home: Home, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Lets the Engine go away."""

    def gone() -> None:
        if request.param == "silent":
            home.engine.hang()
        else:
            home.compose.fails["up"] = AWAY

    return gone


def come_back(home: Home) -> None:
    home.engine.recover()
    home.compose.fails.clear()


async def moved(home: Home, change: Change) -> Change:
    """As it is once it has moved."""
    return await home.app.changes.wait(change.id, change.revision, 60)


async def started(home: Home, kind: str = "apply") -> Change:
    """An install at that task."""
    change = await home.begin_install()
    while all(it.kind != kind or it.status.value == "waiting" for it in change.tasks):
        change = await moved(home, change)
    return change


async def test_it_is_waited_for_and_the_install_ends_well(
    home: Home, leave: Callable[[], None]
) -> None:
    change = await started(home)
    leave()
    asyncio.get_running_loop().call_later(RESTART, come_back, home)
    ended = await home.end(change)
    assert ended.status is ChangeStatus.DONE, ended.error
    assert home.engine.containers.keys() == {"postgres", "redis"}


async def test_so_it_is_while_images_are_looked_for(home: Home) -> None:
    """Loading them has made it busy."""
    change = await started(home, "images")
    home.engine.hang()
    asyncio.get_running_loop().call_later(60, come_back, home)
    assert (await home.end(change)).status is ChangeStatus.DONE


async def test_one_that_stays_away_ends_it_with_the_reason(
    home: Home, leave: Callable[[], None], clock: Callable[[], float]
) -> None:
    change, began = await started(home), clock()
    leave()
    while change.status is ChangeStatus.DOING:
        change = await moved(home, change)
    assert ENGINE_AWAY <= clock() - began < ENGINE_AWAY + 90
    come_back(home)
    ended = await home.end(change)
    assert ended.status is ChangeStatus.UNDONE
    assert (ended.error or {})["kind"] == "engine-unavailable"
    assert home.engine.containers == {}


async def test_an_abort_does_not_wait_for_it(home: Home, leave: Callable[[], None]) -> None:
    change = await started(home)
    leave()
    await asyncio.sleep(60)
    change = await home.app.changes.get(change.id)
    assert any("waiting for Docker" in str(it.detail) for it in change.tasks)
    aborted = await home.app.changes.abort(change.id)
    assert aborted.status is not ChangeStatus.DOING
    come_back(home)
    assert (await home.end(change)).status is ChangeStatus.UNDONE
