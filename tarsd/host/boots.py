"""Which boot of the machine this is, and since when."""

import time
from pathlib import Path

_TICKS = 100
"""Per second in /proc, whatever the kernel's own clock does (USER_HZ, proc(5))."""


def boot_id(proc: Path = Path("/proc")) -> str:
    """The kernel's name for this boot. Raises OSError."""
    return (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def up_for(proc: Path = Path("/proc")) -> float:
    """Seconds since PID 1 began: in a container machine the kernel has been up for longer. Raises OSError, ValueError."""
    text = (proc / "1/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()
    ticks = int(fields[19])  # starttime is the 22nd, and the 3rd is the first after the name
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / _TICKS
