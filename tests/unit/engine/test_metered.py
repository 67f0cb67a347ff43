"""What a check takes of the one thread is measured, and the check does not notice."""

import asyncio
import time

import pytest

from tarsd.engine.metered import Metered


def burn(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


async def test_only_its_own_steps_count() -> None:
    async def work() -> str:
        burn(0.02)
        await asyncio.sleep(5)
        burn(0.02)
        return "done"

    async def other() -> None:
        await asyncio.sleep(1)
        burn(0.2)

    metered = Metered(work())
    beside = asyncio.create_task(other())
    assert await metered == "done"
    await beside
    assert 0.04 <= metered.cpu < 0.15


async def test_an_error_and_a_cancellation_reach_the_work() -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            cleaned.append("up")
            raise

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(Metered(work()), 2)
    assert cleaned == ["up"]

    async def fails() -> None:
        await asyncio.sleep(1)
        raise ValueError("as told")

    with pytest.raises(ValueError, match="as told"):
        await Metered(fails())
