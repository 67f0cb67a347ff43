"""The daemon dies before or after any call to Compose; the next one leaves the machine as if nothing had happened."""

import asyncio

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.operations import uninstall
from tests.unit.changes.workshop import Points
from tests.unit.home import Home
from tests.unit.names import names

INSTALL = (
    16  # points: version, thrice config, listeners, up once per layer, reach; each before and after
)
UNINSTALL = 2


async def cut(home: Home, change: Change, points: Points) -> None:
    """Wait until the power goes, then let the next daemon finish."""
    await asyncio.wait_for(points.cut.wait(), 3600)
    home.compose.points = Points()
    await home.crash()
    ended = await home.end(change)
    assert ended.status is ChangeStatus.DONE, ended.error


@pytest.mark.parametrize("point", range(1, INSTALL + 1))
async def test_during_an_install(home: Home, point: int) -> None:
    points = home.compose.points = Points(point)
    change = await home.begin_install(with_frontend=True)
    await asyncio.wait_for(points.cut.wait(), 3600)
    made = home.secrets()
    await cut(home, change, points)
    assert home.engine.containers.keys() == {"postgres", "redis", "webui"}
    assert set((await home.intent()).values()) == {"running"}
    assert home.secrets().items() >= made.items(), "no secret is made twice"
    assert names(home.paths.generations) == ["1", "current"]
    assert home.app.configured.settings.stack.frontend is True


async def test_an_install_has_no_more_points_than_these(home: Home) -> None:
    home.compose.points = Points(INSTALL + 1)
    assert (await home.install(with_frontend=True)).status is ChangeStatus.DONE
    assert home.compose.points.passed == INSTALL


@pytest.mark.parametrize("point", range(1, UNINSTALL + 1))
async def test_during_an_uninstall(home: Home, point: int) -> None:
    await home.install()
    secrets = home.secrets()
    points = home.compose.points = Points(point)
    change = await home.app.changes.begin(
        "uninstall", "go", {"stack"}, uninstall.plan(installed=True, purge_data=False)
    )
    await cut(home, change, points)
    assert home.engine.containers == {}
    assert home.generation is None
    assert home.secrets() == secrets
