"""The power goes at any point of a setup or a removal; the next daemon ends it, and no trace is half there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tests.unit.changes.workshop import Points
from tests.unit.home import Home
from tests.unit.operations.nas_home import begin_removal, begin_setup, set_up, traces

OTHER = "/mnt/nas/other"
Begin = Callable[[Home], Coroutine[Any, Any, Change]]


def replace_share(home: Home) -> Coroutine[Any, Any, Change]:
    return begin_setup(home, "//nas/films", OTHER)


REPLACE = 8  # points: stop, remove, write and start, before and after each
REMOVE = 4


@pytest.mark.parametrize(
    ("begin", "point"),
    [
        *((replace_share, point) for point in range(1, REPLACE + 1)),
        *((begin_removal, point) for point in range(1, REMOVE + 1)),
    ],
)
async def test_it_is_ended_by_the_next_daemon(home: Home, begin: Begin, point: int) -> None:
    await set_up(home)
    points = home.nas.points = Points(point)
    change = await begin(home)
    await asyncio.wait_for(points.cut.wait(), 3600)
    home.nas.points = Points()
    await home.crash()
    ended = await home.end(change)
    assert ended.status is ChangeStatus.DONE, ended.error
    found = traces(home)
    if begin is begin_removal:
        assert (found["units"], found["mounts"], found["credentials"]) == ({}, {}, {})
        assert found["file"] is None
        return
    assert found["mounts"] == {OTHER: "//nas/films"}
    assert list(home.nas.files) == [OTHER]
    assert list(found["credentials"]) == [home.app.configured.settings.nas.credentials]  # type: ignore[call-overload]


@pytest.mark.parametrize(("begin", "points"), [(replace_share, REPLACE), (begin_removal, REMOVE)])
async def test_there_are_no_more_points_than_these(home: Home, begin: Begin, points: int) -> None:
    await set_up(home)
    home.nas.points = Points()
    assert (await home.end(await begin(home))).status is ChangeStatus.DONE
    assert home.nas.points.passed == points


@pytest.mark.parametrize("point", range(1, REPLACE + 1))
async def test_an_abort_there_brings_the_old_share_back(home: Home, point: int) -> None:
    await set_up(home)
    before = traces(home)
    points = home.nas.points = Points(point)
    change = await replace_share(home)
    await asyncio.wait_for(points.cut.wait(), 3600)
    home.nas.points = Points()
    await home.app.changes.abort(change.id)
    ended = await home.end(change)
    assert ended.status is ChangeStatus.UNDONE, ended.tasks
    assert traces(home) == before
