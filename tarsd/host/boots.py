"""Which boot of the machine this is, and since when."""

import time
from pathlib import Path

_TICKS = 100
"""Per second in /proc, whatever the kernel's own clock does (USER_HZ, proc(5))."""


def boot_id(proc: Path = Path("/proc")) -> str:
    """A name for this boot. Raises OSError, ValueError.

    The kernel's own, with the start of PID 1: a container machine boots again on a kernel that does not.
    """
    kernel = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{kernel}+{_began(proc)}"


def up_for(proc: Path = Path("/proc")) -> float:
    """Seconds since PID 1 began: in a container machine the kernel has been up for longer. Raises OSError, ValueError."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - _began(proc) / _TICKS


def _began(proc: Path) -> int:
    """Ticks from the kernel's boot to the start of PID 1."""
    text = (proc / "1/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()
    return int(fields[19])  # starttime is the 22nd, and the 3rd is the first after the name
