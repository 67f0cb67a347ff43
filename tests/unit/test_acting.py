"""A healer and an offline fix never mend at the same time: whoever comes second waits, and says so."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tarsd.errors import AlreadyRunning
from tarsd.host.sole import sole
from tarsd.wiring import acting
from tarsd.wiring.acting import Acting
from tests.unit.log import Log


@asynccontextmanager
async def held(lock: Path, log: Log) -> AsyncGenerator[Acting]:
    it = Acting(lock, log.logger)
    holding = asyncio.create_task(it.hold())
    try:
        yield it
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def until(it: Acting, said: Callable[[str | None], bool]) -> None:
    for _ in range(200):
        if said(it.barred):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(it.barred)


def free(barred: str | None) -> bool:
    return barred is None


def waiting(barred: str | None) -> bool:
    return (barred or "").startswith("healing waits")


async def test_a_daemon_holds_it_for_as_long_as_it_lives(tmp_path: Path) -> None:
    async with held(tmp_path / "acting", Log()) as it:
        assert it.barred, "nothing is mended before that is known"
        assert it.problem() is None, "a moment is no problem"
        await until(it, free)
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
            await until(it, waiting)
            problem = it.problem()
            assert problem is not None
            assert "tarsctl doctor --fix (process " in problem.message
    async with held(tmp_path / "acting", log) as it:
        await until(it, free)


async def test_a_lock_that_cannot_be_had_bars_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with held(tmp_path / "file" / "acting", Log()) as it:
        await until(it, waiting)
        assert "cannot be locked" in (it.barred or "")
