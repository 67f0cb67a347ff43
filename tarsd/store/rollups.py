"""What was measured: each minute of two days, each hour of ninety, in a file of its own.

Not in state.db: history is no record. To lose minutes of it costs nothing, and nothing of it may ever cost state.db.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from tarsd.errors import StateUnavailable
from tarsd.host.blocking import Asker
from tarsd.store.rollup_file import FINE, MINUTE, RollupFile, Slot, Slots

T = TypeVar("T")

PENDING = 60
"""Minutes that wait in memory for a disk that does not take them; then the oldest are let go."""

DEADLINE = 10.0
"""Seconds for the disk to take or give an answer."""


class Rollups:
    """`note` remembers, `flush` writes. Nothing of it is needed for the stack to run."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._file = RollupFile(path)
        self._clock = clock
        self._asker = Asker("history")
        self._pending: dict[int, dict[str, float]] = {}
        self.size: int | None = None
        """Bytes of the file after the last flush."""

    @property
    def pending(self) -> int:
        """Minutes that are not on disk yet."""
        return len(self._pending)

    @property
    def replaced(self) -> str | None:
        """Why the file was begun anew, if it was."""
        return self._file.replaced

    def note(self, at: float, values: Mapping[str, float]) -> None:
        """What is measured at `at` (seconds since 1970); the last of a minute counts."""
        self._pending.setdefault(int(at) // MINUTE * MINUTE, {}).update(values)
        while len(self._pending) > PENDING:
            del self._pending[next(iter(self._pending))]

    async def flush(self) -> None:
        """Write what waits. Raises StateUnavailable; then it waits on."""
        minutes = {at: dict(values) for at, values in self._pending.items()}
        if not minutes:
            return
        self.size = await self._ask(lambda: self._file.write(minutes, self._clock()), "write")
        for at, values in minutes.items():
            if self._pending.get(at) == values:
                del self._pending[at]

    async def slots(self, since: float, until: float, width: int) -> Slots:
        """All series in stretches of `width` seconds; longer than two days they come from hours.

        What waits is among them, but for a stretch of which the disk has a part already. Raises StateUnavailable.
        """
        found = await self._ask(lambda: self._file.read(since, until, width), "read")
        if until - since > FINE:
            return found
        for at, values in self._pending.items():
            if since <= at <= until:
                for name, value in values.items():
                    known = found.setdefault(name, {})
                    known.setdefault(at // width, Slot(value, value, value))
        return found

    async def _ask(self, work: Callable[[], T], verb: str) -> T:
        try:
            return await self._asker.ask(work, DEADLINE)
        except asyncio.TimeoutError as error:
            raise self._unavailable(verb, f"no answer within {DEADLINE:g} s") from error
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(verb, str(error)) from error

    def _unavailable(self, verb: str, reason: str) -> StateUnavailable:
        return StateUnavailable(
            f"cannot {verb} {self._path}: {reason}", fix=f"df -h {self._path.parent}"
        )
