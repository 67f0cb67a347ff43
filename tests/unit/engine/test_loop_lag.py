"""A daemon that stood still for a while."""

import asyncio
import time

import pytest

from tarsd.engine import loop_lag
from tarsd.engine.loop_lag import REMEMBERED, LoopLag


def test_the_worst_of_ten_minutes_is_told() -> None:
    lag = LoopLag()
    lag.note(0.0, 9.0)
    lag.note(300.0, 7.0)
    lag.note(500.0, 0.1)
    assert lag.worst(500.0) == 9.0
    assert lag.worst(REMEMBERED + 1) == 7.0
    assert lag.worst(REMEMBERED + 301) == 0.0


def test_what_is_old_is_forgotten() -> None:
    lag = LoopLag()
    for at in range(0, 100_000, 5):
        lag.note(float(at), 1.0)
    assert lag.remembered <= REMEMBERED / 5 + 1


async def test_a_loop_that_stands_still_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_lag, "STEP", 0.01)
    monkeypatch.setattr(loop_lag, "NOTED", 0.1)
    lag = LoopLag()
    running = asyncio.create_task(lag.run())
    await asyncio.sleep(0.02)
    time.sleep(0.3)  # noqa: ASYNC251  that is the fault
    await asyncio.sleep(0.02)
    running.cancel()
    assert 0.2 < lag.worst(asyncio.get_running_loop().time()) < 5
