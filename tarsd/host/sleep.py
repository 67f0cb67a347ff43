"""How long the machine has slept."""

import time


def slept() -> float:
    """Seconds since boot in which it was suspended: the monotonic clock, on which deadlines run, stood still meanwhile."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
