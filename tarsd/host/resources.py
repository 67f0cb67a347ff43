"""What the machine has to give and how much of it is taken: a few small files of /proc, which no disk can hold up."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tarsd.host import pressure
from tarsd.host.pressure import Pressure

_KIB = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Resources:
    """Sizes in bytes. `busy` is the share of all processors' time since the look before, None at the first.

    What the kernel does not tell is None. `own_memory` is what tarsd itself has in memory.
    """

    cores: int = 0
    busy: float | None = None
    memory: int | None = None
    memory_available: int | None = None
    swap: int | None = None
    swap_free: int | None = None
    load: tuple[float, float, float] | None = None
    pressure: Pressure | None = None
    own_memory: int | None = None


class Meter:
    """Remembers the processors' counters of its last look; `proc` is another machine's in tests."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._before: tuple[int, int] | None = None

    def look(self) -> Resources:
        """As it is now; never raises."""
        memory = self._memory()
        return Resources(
            cores=os.cpu_count() or 0,
            busy=self._busy(),
            memory=memory.get("MemTotal"),
            memory_available=memory.get("MemAvailable"),
            swap=memory.get("SwapTotal"),
            swap_free=memory.get("SwapFree"),
            load=self._load(),
            pressure=pressure.read(self._proc / "pressure"),
            own_memory=self._own(),
        )

    def _busy(self) -> float | None:
        """proc_stat(5): user nice system idle iowait irq softirq steal; the rest is counted in these already."""
        match = re.match(r"cpu +((?:\d+ ?){8})", self._read("stat"))
        if match is None:
            return None
        times = [int(it) for it in match[1].split()]
        now, before = (sum(times), times[3] + times[4]), self._before
        self._before = now
        if before is None or now[0] <= before[0]:
            return None
        return min(max(1 - (now[1] - before[1]) / (now[0] - before[0]), 0.0), 1.0)

    def _memory(self) -> Mapping[str, int]:
        rows = re.findall(r"^(\w+): +(\d+) kB$", self._read("meminfo"), re.MULTILINE)
        return {name: int(size) * _KIB for name, size in rows}

    def _load(self) -> tuple[float, float, float] | None:
        words = self._read("loadavg").split()
        try:
            one, five, fifteen = (float(it) for it in words[:3])
        except ValueError:
            return None
        return one, five, fifteen

    def _own(self) -> int | None:
        words = self._read("self/statm").split()
        return int(words[1]) * _PAGE if len(words) > 1 and words[1].isdigit() else None

    def _read(self, name: str) -> str:
        try:
            return (self._proc / name).read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""
