"""Work that blocks: acts come to their end before they are undone, and a look that hangs costs one thread, not one each."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.host.blocking import Asker, whole
from tests.unit.clock import JumpingLoop


@pytest.fixture
async def hanging() -> AsyncIterator[threading.Event]:
    """Set it, and whatever hangs goes on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(True)
    answers = threading.Event()
    yield answers
    loop.thread_hangs(False)
    answers.set()


async def test_an_abort_waits_for_the_end_of_the_act(hanging: threading.Event) -> None:
    """Else its undo and it write the same file at once, and the last one wins."""
    done: list[str] = []

    def act() -> None:
        hanging.wait(20)
        done.append("act")

    work = asyncio.ensure_future(whole(act))
    await asyncio.sleep(1)
    work.cancel()
    await asyncio.sleep(60)
    assert not work.done()
    hanging.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert done == ["act"]


async def test_its_error_is_the_callers() -> None:
    def act(word: str) -> None:
        raise OSError(28, word)

    with pytest.raises(OSError, match="full"):
        await whole(act, "full")


async def test_a_look_that_hangs_is_asked_once(
    hanging: threading.Event, clock: Callable[[], float]
) -> None:
    asker, asked = Asker("test"), 0

    def look() -> int:
        nonlocal asked
        asked += 1
        hanging.wait(20)
        return asked

    for _ in range(5):
        began = clock()
        with pytest.raises(asyncio.TimeoutError):
            await asker.ask(look, 2)
        assert clock() - began == pytest.approx(2, abs=0.5)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(False)
    hanging.set()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(False)
    # The clock of these tests does not wait for the thread that hung; it has to come back in real time.
    await asyncio.to_thread(time.sleep, 0.2)
    assert await asker.ask(look, 2) == 2
