"""Pressure stall information: the share of time in which work of this machine stood still for want of something.

The kernel's Documentation/accounting/psi.rst. Kernels may be built without it, or started with psi=0.
"""

import re
from dataclasses import dataclass
from pathlib import Path

SHORT_OF = {"memory": 20.0, "io": 60.0, "cpu": 90.0}
"""Per cent of pressure from which a machine may keep a healthy service from answering within seconds: our judgement."""

_WORDS = {"memory": "memory", "io": "disk throughput", "cpu": "processor time"}


@dataclass(frozen=True)
class Pressure:
    """Per cent of the last ten seconds: for the processor some of the work waited, for memory and disk all of it."""

    cpu: float = 0.0
    memory: float = 0.0
    io: float = 0.0


def read(root: Path = Path("/proc/pressure")) -> Pressure | None:
    """As it is now; None where the kernel does not tell."""
    found = [_average(root / name, of) for name, of in _ASKED]
    if None in found:
        return None
    return Pressure(*(it or 0.0 for it in found))


def short_of(found: Pressure | None) -> str | None:
    """What the machine is so short of that others may not answer for it, in words; None where nothing is."""
    if found is None:
        return None
    for what, least in SHORT_OF.items():
        share = float(getattr(found, what))
        if share >= least:
            return f"the machine is short of {_WORDS[what]}: {share:.0f} % of the last 10 s were waits for it"
    return None


def memory_stall(root: Path = Path("/proc/pressure")) -> float | None:
    """Per cent of the last minute in which all work waited for memory: to be read from disk again, or swapped in.

    None where the kernel does not tell.
    """
    return _average(root / "memory", "full", "avg60")


_ASKED = (("cpu", "some"), ("memory", "full"), ("io", "full"))


def _average(path: Path, of: str, over: str = "avg10") -> float | None:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    match = re.search(rf"^{of} .*?\b{over}=(\d+\.\d+)", text, re.MULTILINE)
    return float(match[1]) if match else None
