"""Blocking work off the event loop: acts that must come to their end, and looks that may never be answered."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


async def whole(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what writes in a thread, and to its end: a cancel is passed on only once the act is over.

    Else an abort would begin to undo it while it goes on. It has no deadline: who writes to a disk that does not answer
    can neither be stopped nor be taken back. Raises what `act` raises.
    """
    return await uncut(asyncio.to_thread(act, *args, **kwargs))


async def uncut(act: Coroutine[Any, Any, T]) -> T:
    """Let an act end before a cancel of it is heeded: its undo must not overtake it."""
    work = asyncio.ensure_future(act)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


class Unwaited(Executor):
    """A thread for each call, that nobody waits for when the daemon ends: the interpreter joins a pool's, hung or not."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin it now."""
        work: Future[T] = Future()

        def run() -> None:
            if not work.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  it is the asker's, whatever it is
                work.set_exception(error)
            else:
                work.set_result(result)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        return work


class Asker:
    """Asks what may hang in the kernel: in a thread of its own, one question at a time, each with a deadline."""

    def __init__(self, name: str) -> None:
        self._thread = Unwaited(name)
        self._last: asyncio.Future[Any] | None = None

    async def ask(self, look: Callable[[], T], deadline: float) -> T:
        """The answer. Raises asyncio.TimeoutError after `deadline` seconds, or what `look` raises.

        While an earlier question hangs no other is put behind it.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while self._last is not None and not self._last.done():  # of many that wait, one is next
            await asyncio.wait([self._last], timeout=end - loop.time())
            if loop.time() >= end:
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
