"""How late the loop has been: what holds it up is seen by nobody else inside the daemon."""

import asyncio
from collections import deque

STEP = 5.0
"""Seconds between two looks at the clock: a loop that stands still for as long is always seen, and idling costs nothing."""

REMEMBERED = 600.0
"""Seconds for which a delay is told."""

NOTED = 0.5
"""Seconds of delay that are worth being remembered."""


class LoopLag:
    """Looks at the clock, which does not count a sleep of the machine."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()

    @property
    def remembered(self) -> int:
        """How many delays are kept."""
        return len(self._seen)

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + STEP
            await asyncio.sleep(STEP)
            self.note(loop.time(), loop.time() - due)

    def note(self, at: float, late: float) -> None:
        """It was that late, in seconds, at this time of the loop's."""
        while self._seen and self._seen[0][0] < at - REMEMBERED:
            self._seen.popleft()
        if late >= NOTED:
            self._seen.append((at, late))

    def worst(self, at: float) -> float:
        """Of the last ten minutes, in seconds."""
        return max((late for seen, late in self._seen if seen >= at - REMEMBERED), default=0.0)
