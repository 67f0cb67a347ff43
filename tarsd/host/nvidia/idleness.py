"""Whether a container is at work right now, by what it takes of the processors: no answer is cut off for nothing."""

import asyncio
import re
import time
from pathlib import Path

from tarsd.host.control_groups import PLACES

MOMENT = 1.0
"""Seconds over which it is measured."""

AT_WORK = 0.2
"""Of one core. A model server that waits takes less than 0.01, its health check 0.05; one token a second takes a whole
core."""

REMEMBERED = 900.0
"""Seconds for which a measurement says anything."""

_FILES = (("", "cpu.stat", 1e6), ("cpuacct", "cpuacct.usage", 1e9))
"""Version 2 and 1: the hierarchy's directory, the file, and what its numbers are in of a second."""


class Idleness:
    """Works where the daemon sees the machine's control groups; where it does not, nothing is known."""

    def __init__(self, root: Path = Path("/sys/fs/cgroup")) -> None:
        self._root = root
        self._known: dict[str, tuple[float, float | None]] = {}

    async def measure(self, container_id: str) -> float | None:
        """Cores that it takes, over a second; None if it cannot be told."""
        before, began = self._used(container_id), time.monotonic()
        await asyncio.sleep(MOMENT)
        after, ended = self._used(container_id), time.monotonic()
        share = None
        if before is not None and after is not None and ended > began:
            share = max(after - before, 0.0) / (ended - began)
        self._known = {container_id: (ended, share)}
        return share

    def busy(self, container_id: str) -> str | None:
        """Why it must not be disturbed, by the last measurement; None where it was idle. Asks nobody."""
        at, share = self._known.get(container_id, (-REMEMBERED, None))
        if share is None or time.monotonic() - at > REMEMBERED:
            return "whether it is at work is not known"
        return f"it is at work: {share:.1f} cores" if share > AT_WORK else None

    def _used(self, container_id: str) -> float | None:
        """Seconds of processor time since its start."""
        for hierarchy, name, unit in _FILES:
            for place in PLACES:
                path = self._root / hierarchy / place.format(id=container_id) / name
                try:
                    found = re.search(r"\d+", path.read_text(encoding="ascii"))
                except OSError:  # another kind of group, or none any more
                    continue
                if found:
                    return int(found[0]) / unit
        return None
