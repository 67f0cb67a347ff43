"""A day of the machine, as the status page shows it."""

from pathlib import Path

import pytest

from tarsd.observe.history import FLUSH, WIDTH, History, values
from tarsd.observe.picture import Picture
from tarsd.store.rollups import Rollups
from tests.unit.log import Log
from tests.unit.observe.pictures import PICTURE, TAKEN, picture, service, status


def test_what_is_remembered_of_a_picture() -> None:
    assert values(PICTURE) == {
        "up/redis": 1.0,
        "latency/redis": 0.0012,
        "up/ollama": 1.0,
        "latency/ollama": 0.0012,
        "machine/cpu": 0.125,
        "machine/memory": 0.375,
        "machine/disk": pytest.approx(1 - 412 / 930),
        "machine/gpu0-busy": 0.25,
        "machine/gpu0-memory": 0.75,
    }


def test_what_is_unknown_is_not_remembered_as_something() -> None:
    stopped = service("redis", wanted="stopped", state="exited", answers=None)
    assert not [it for it in values(picture(status=status(services=[stopped]))) if "redis" in it]
    assert not values(Picture())


async def test_a_day_in_bars_with_gaps_where_nobody_looked(tmp_path: Path) -> None:
    log = Log()
    history = History(Rollups(tmp_path / "h.db", lambda: TAKEN), log.logger, lambda: TAKEN)
    down = status(services=[service("redis", health="unhealthy")])
    for ago, shown in ((7200, PICTURE.status), (3600, down), (0, PICTURE.status)):
        history.take(picture(status=shown, taken=TAKEN - ago))
    await history.flush()
    past = await history.past()
    bars = past.up["redis"]
    assert len(bars) == 86400 // WIDTH
    assert (bars[-1], bars[-2], bars[-3], bars[-5]) == (1.0, None, 0.0, 1.0)
    assert past.why is None
    assert past.machine["cpu"][-1] == 0.125


async def test_a_disk_that_takes_nothing_is_told_of_once_and_the_page_says_so(
    tmp_path: Path,
) -> None:
    log = Log()
    history = History(Rollups(tmp_path / "gone" / "h.db"), log.logger, lambda: TAKEN)
    for minute in range(FLUSH + 1):
        history.take(picture(taken=TAKEN + 60 * minute))
    await history.flush()
    await history.flush()
    assert log.events() == ["history.unwritten"]
    assert "cannot read" in ((await history.past()).why or "")
