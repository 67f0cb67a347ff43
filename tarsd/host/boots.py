"""Which boot of the machine this is, since when it is awake, and whether it has slept."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

SLEPT = 2.0
"""Seconds by which CLOCK_BOOTTIME must have left CLOCK_MONOTONIC behind: only a suspended machine does that."""


def boot_id(proc: Path = Path("/proc")) -> str:
    """The kernel's name for this boot. Raises OSError."""
    return (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def up_for(proc: Path = Path("/proc")) -> float:
    """Seconds since PID 1 began: in a container machine the kernel has been up for longer. Raises OSError, ValueError."""
    fields = (
        (proc / "1/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    )
    ticks = int(fields[19])  # starttime, the 22nd of proc(5)'s stat; state is the 3rd and fields[0]
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / 100


def _sleep() -> float:
    """Seconds that the machine has been suspended since its kernel started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


class Awake:
    """`since` is the boot, or the end of the last sleep that was noticed."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        slept: Callable[[], float] = _sleep,
        up: Callable[[], float] = up_for,
    ) -> None:
        self._now = now
        self._slept = slept
        self._known = slept()
        self.since = now() - timedelta(seconds=up())

    def has_slept(self) -> bool:
        """Whether it has, since this was asked last."""
        slept = self._slept()
        if slept - self._known < SLEPT:
            return False
        self._known = slept
        self.since = self._now()
        return True
