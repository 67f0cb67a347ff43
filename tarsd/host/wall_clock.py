"""Whether the clock on the wall was put forward or back: by its owner, by the network, by an empty battery."""

import time
from collections.abc import Callable
from dataclasses import dataclass

LEAST = 60.0
"""Seconds; the network puts smaller differences right without a jump worth telling of."""

ON_RECORD = 3600.0
"""Seconds for which a jump is remembered."""


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Jump:
    """`by` in seconds, negative where the clock was put back; `ago` in seconds that no clock on the wall can change."""

    by: float
    ago: float


class WallClock:
    """Compares it with the clock that counts from the boot, sleep included, which nobody can set. Each look asks the kernel
    only, and takes note of what happened since the look before."""

    def __init__(
        self, wall: Callable[[], float] = time.time, since_boot: Callable[[], float] = _since_boot
    ) -> None:
        self._wall = wall
        self._since_boot = since_boot
        self._ahead: float | None = None
        self._last: tuple[float, float] | None = None

    def jump(self) -> Jump | None:
        """The latest jump that was seen within the last hour."""
        now = self._since_boot()
        ahead = self._wall() - now
        if self._ahead is not None and abs(ahead - self._ahead) >= LEAST:
            self._last = ahead - self._ahead, now
        self._ahead = ahead
        if self._last is None or now - self._last[1] > ON_RECORD:
            return None
        return Jump(self._last[0], now - self._last[1])
