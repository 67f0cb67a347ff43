"""Waits for an Engine that is slow, or is being restarted, where giving up would undo minutes of an install."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tarsd.changes.model import Step
from tarsd.errors import EngineUnavailable, EngineUnsupported

ENGINE_AWAY = 300.0
"""Seconds: the healer leaves an Engine 30 s of silence, and then its restart of docker.service has 240."""

TRY_AGAIN = 5.0
"""Seconds between two tries."""

T = TypeVar("T")


async def patiently(work: Callable[[], Awaitable[T]], step: Step) -> T:
    """The result of `work`, which is begun anew after each silence of the Engine and must converge, as a task's `do` does.

    Raises EngineUnavailable once the Engine has been away for ENGINE_AWAY seconds, EngineUnsupported at once.
    """
    loop = asyncio.get_running_loop()
    end: float | None = None
    while True:
        try:
            return await work()
        except EngineUnsupported:
            raise
        except EngineUnavailable as error:
            end = end or loop.time() + ENGINE_AWAY
            if loop.time() >= end:
                raise
            step.say(f"waiting for Docker: {error.message}")
        await asyncio.sleep(TRY_AGAIN)
