"""An event loop on which waiting costs no time: a test of a deadline of 15 minutes takes milliseconds.

Whatever is ready runs first. Only when nothing is, and no thread works for the loop, does the clock jump
to the next timer. What would wait for ever is cancelled, so that its test fails instead.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

MOST_JUMPS = 20_000
"""Per test: some poll for ever."""

JUMPS_AN_HOUR = 3_600
"""More for each hour of a test that is about hours: a whole daemon at rest takes 1,560."""

LONGEST_SILENCE = 5.0
"""Seconds, real ones, without any timer, for a thread that the loop does not know of."""


class _Selector(selectors.DefaultSelector):
    def __init__(self, give_up: Callable[[], None]) -> None:
        super().__init__()
        self.skipped = 0.0
        self.threads = 0
        self.hanging = False
        self._jumps = 0
        self.most = MOST_JUMPS
        self._give_up = give_up

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and (timeout <= 0 or (self.threads and not self.hanging)):
            return super().select(timeout)
        ready = super().select(LONGEST_SILENCE if timeout is None else 0)
        if not ready:
            self._jumps += 1
            self.skipped += timeout or 0
            if timeout is None or self._jumps > self.most:
                self._give_up()
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """What a test waits for; where a thread is meant not to come back, it says so by `thread_hangs`."""

    def __init__(self) -> None:
        self._idle = _Selector(self._give_up)
        super().__init__(self._idle)

    def time(self) -> float:
        return super().time() + self._idle.skipped

    def run_in_executor(
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        work = super().run_in_executor(executor, func, *args)
        self._idle.threads += 1
        work.add_done_callback(self._came_back)
        return work

    def thread_hangs(self, hangs: bool) -> None:
        """Whether a thread waits for the word of a test, so that time passes meanwhile; may be called in that thread."""
        self.call_soon_threadsafe(setattr, self._idle, "hanging", hangs)

    def lasts(self, hours: float) -> None:
        """It is about so many hours."""
        self._idle.most = MOST_JUMPS + int(hours * JUMPS_AN_HOUR)

    def stand_still(self, seconds: float) -> None:
        """As if whatever runs now had kept the loop from turning for so long."""
        self._idle.skipped += seconds

    def _came_back(self, _: object) -> None:
        self._idle.threads -= 1

    def _give_up(self) -> None:
        for task in asyncio.all_tasks(self):
            task.cancel("it would wait for ever")
