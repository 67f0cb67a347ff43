"""A healer and an offline fix never mend at the same time: whoever comes second waits, and says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tarsd.errors import AlreadyRunning
from tarsd.host.sole import sole
from tarsd.wiring import acting
from tarsd.wiring.acting import Acting
from tests.unit.log import Log


@asynccontextmanager
async def held(lock: Path, log: Log) -> AsyncIterator[Acting]:
    it = Acting(lock, log)  # pyright: ignore[reportArgumentType]  all of it that is used
    holding = asyncio.create_task(it.hold())
    try:
        yield it
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def until_free(it: Acting) -> None:
    for _ in range(200):
        if it.barred is None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(it.barred)


async def test_a_daemon_holds_it_for_as_long_as_it_lives(tmp_path: Path) -> None:
    async with held(tmp_path / "acting", Log()) as it:
        assert it.barred, "nothing is mended before that is known"
        assert it.problem() is None, "a moment is no problem"
        await until_free(it)
        with pytest.raises(AlreadyRunning), sole(tmp_path / "acting", "mend"):
            pass
    with sole(tmp_path / "acting", "mend"):
        pass


async def test_it_waits_for_an_offline_fix_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "LOOK_EVERY", 0.05)
    log = Log()
    with sole(tmp_path / "acting", "mend"):
        async with held(tmp_path / "acting", log) as it:
            while not (it.barred or "").startswith("healing waits"):
                await asyncio.sleep(0.01)
            problem = it.problem()
            assert problem is not None
            assert "tarsctl doctor --fix (process " in problem.message
    async with held(tmp_path / "acting", log) as it:
        await until_free(it)


async def test_a_lock_that_cannot_be_had_bars_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with held(tmp_path / "file" / "acting", Log()) as it:
        while not (it.barred or "").startswith("healing waits"):
            await asyncio.sleep(0.01)
        assert "cannot be locked" in (it.barred or "")
