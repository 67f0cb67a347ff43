"""Blocking work off the event loop: acts that must come to their end, and looks that may never be answered."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


async def whole(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what writes in a thread, and to its end: a cancel is passed on only once the act is over.

    Else an abort would begin to undo it while it goes on. It has no deadline: who writes to a disk that does not answer
    can neither be stopped nor be taken back. Raises what `act` raises.
    """
    work = asyncio.ensure_future(asyncio.to_thread(act, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


class Asker:
    """Asks what may hang in the kernel: in a thread of its own, one question at a time, each with a deadline."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._last: asyncio.Future[Any] | None = None

    async def ask(self, look: Callable[[], T], deadline: float) -> T:
        """The answer. Raises asyncio.TimeoutError after `deadline` seconds, or what `look` raises.

        While an earlier question hangs no other is put behind it.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        if self._last is not None and not self._last.done():
            await asyncio.wait([self._last], timeout=deadline)
            if not self._last.done():
                raise asyncio.TimeoutError
        work = loop.run_in_executor(self._thread, look)
        work.add_done_callback(_look_at)
        self._last = work
        await asyncio.wait([work], timeout=end - loop.time())
        if not work.done():
            raise asyncio.TimeoutError
        return work.result()


def _look_at(work: asyncio.Future[T]) -> None:
    """Take note of an error that comes when nobody waits any more, or asyncio reports it as lost."""
    if not work.cancelled():
        work.exception()
