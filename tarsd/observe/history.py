"""What of each picture is remembered, and the stretches of time that the status page shows of it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable
from tarsd.observe.metrics.stack import up
from tarsd.observe.picture import Picture
from tarsd.store.rollup_file import DAY, Slots
from tarsd.store.rollups import Rollups

FLUSH = 5
"""Minutes that are written together: a disk that sleeps is woken for something else sooner."""

WIDTH = 1800
"""Seconds of a bar: 48 of them are a day."""

KEPT = 60.0
"""Seconds for which what was read is shown again: there is nothing newer."""


@dataclass(frozen=True)
class Past:
    """A day in stretches of WIDTH seconds, the newest last; None where nothing was measured. `why`: it cannot be read."""

    begin: float = 0.0
    up: Mapping[str, Sequence[float | None]] = field(
        default_factory=dict[str, Sequence[float | None]]
    )
    latency: Mapping[str, Sequence[float | None]] = field(
        default_factory=dict[str, Sequence[float | None]]
    )
    machine: Mapping[str, Sequence[float | None]] = field(
        default_factory=dict[str, Sequence[float | None]]
    )
    why: str | None = None


class History:
    """Takes each picture; writes every few minutes, and what is left when tarsd ends."""

    def __init__(
        self,
        rollups: Rollups,
        log: FilteringBoundLogger,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._rollups = rollups
        self._log = log
        self._wall = wall
        self._due = asyncio.Event()
        self._past: tuple[float, Past] | None = None
        self._silent = False

    @property
    def size(self) -> int | None:
        """Bytes on disk."""
        return self._rollups.size

    def take(self, picture: Picture) -> None:
        """Remember what it shows."""
        self._rollups.note(picture.taken, values(picture))
        if self._rollups.pending >= FLUSH:
            self._due.set()

    async def run(self) -> None:
        """Write when it is time, for ever."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; a disk that does not take it is told of once, and has checks of its own."""
        try:
            await self._rollups.flush()
        except StateUnavailable as error:
            if not self._silent:
                self._log.warning("history.unwritten", message=error.message)
            self._silent = True
            return
        self._silent = False

    async def past(self) -> Past:
        """The last day; never raises."""
        now = self._wall()
        if self._past is not None and abs(now - self._past[0]) < KEPT:
            return self._past[1]
        last = int(now) // WIDTH
        begin = (last - DAY // WIDTH + 1) * WIDTH
        try:
            slots = await self._rollups.slots(begin, now, WIDTH)
        except StateUnavailable as error:
            return Past(begin, why=error.message)
        found = _past(slots, begin // WIDTH, last)
        self._past = now, found
        return found


def values(picture: Picture) -> Mapping[str, float]:
    """By series; what is unknown is not there."""
    found: dict[str, float | None] = {}
    status, seen = picture.status, picture.resources
    for it in status.services if status else ():
        works = up(it)
        found[f"up/{it.name}"] = None if works is None else float(works)
        found[f"latency/{it.name}"] = (
            it.answers.latency_ms / 1000
            if it.answers and it.answers.latency_ms is not None
            else None
        )
    found["machine/cpu"] = seen.busy
    if seen.memory and seen.memory_available is not None:
        found["machine/memory"] = 1 - seen.memory_available / seen.memory
    disk = status.disk if status else None
    if disk and disk.total_bytes and disk.free_bytes is not None:
        found["machine/disk"] = 1 - disk.free_bytes / disk.total_bytes
    for card in picture.cards.cards:
        gpu = f"machine/gpu{card.number}"
        found[f"{gpu}-busy"] = None if card.busy is None else card.busy / 100
        if card.used is not None and card.total:
            found[f"{gpu}-memory"] = card.used / card.total
    return {name: value for name, value in found.items() if value is not None}


def _past(slots: Slots, first: int, last: int) -> Past:
    rows: dict[str, dict[str, Sequence[float | None]]] = {"up": {}, "latency": {}, "machine": {}}
    for name, known in slots.items():
        kind, _, subject = name.partition("/")
        if kind in rows:
            means = (known.get(it) for it in range(first, last + 1))
            rows[kind][subject] = [None if it is None else it.mean for it in means]
    return Past(first * WIDTH, rows["up"], rows["latency"], rows["machine"])
