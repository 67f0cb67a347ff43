"""Whether a question went wrong on our own side: the loop stood still, the machine slept or is out of breath."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from tarsd.host import pressure
from tarsd.host.pressure import Pressure

LAG = 1.0
"""Seconds by which the loop may be late before what it measured meanwhile counts for nothing."""

STEP = 0.5
"""Seconds between two looks at the loop, while a question is out."""

SLEPT = 0.5
"""Seconds asleep; the two clocks are never read at the same moment."""


def asleep() -> float:
    """Seconds this machine has been suspended since its boot."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class OwnSide:
    """How this side is looked at; a test hands in another."""

    asleep: Callable[[], float] = asleep
    pressure: Callable[[], Pressure | None] = pressure.read

    def attend(self) -> "Attention":
        """Pay attention from now on."""
        return Attention(self.asleep)

    def short_of(self) -> str | None:
        """What the machine is so short of that services may not answer for it, in words; None where nothing is."""
        return pressure.short_of(self.pressure())


class Attention:
    """Looks at the loop and at the machine's sleep for as long as a question is out; needs a running loop."""

    def __init__(self, asleep: Callable[[], float]) -> None:
        self._asleep = asleep
        self._slept_before = asleep()
        self._loop = asyncio.get_running_loop()
        self._late = 0.0
        self._look()

    def end(self) -> str | None:
        """Why what was measured counts for nothing, in words; None if it counts."""
        self._handle.cancel()
        self._late = max(self._late, self._loop.time() - self._due)
        slept = self._asleep() - self._slept_before
        if slept > SLEPT:
            return f"the machine slept for {slept:.0f} s meanwhile"
        if self._late > LAG:
            return f"tarsd itself stood still for {self._late:.1f} s meanwhile"
        return None

    def _look(self) -> None:
        self._due = self._loop.time() + STEP
        self._handle = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._late = max(self._late, self._loop.time() - self._due)
        self._look()
