"""What was refused: counted each time, in the audit log once a minute for each address and reason."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable, TarsError
from tarsd.store.audit import NOBODY, AuditEntry, AuditStore

TOLD = frozenset({401, 403, 421, 429})
"""Statuses of refusals that are somebody's try; the rest are mistakes."""

EVERY = 60.0
"""Seconds between two rows of one address and reason."""

ROWS_AN_HOUR = 120
"""Who sweeps the network from many addresses must not push the owner's own acts out of the log."""

MOST = 500
"""Addresses and reasons remembered at once."""


@dataclass
class _Tries:
    method: str
    path: str
    status: int
    count: int = 0
    told: float = float("-inf")


class Refused:
    """`counts` is by reason, the kind of the error, since the start. `clock` is the monotonic one."""

    def __init__(
        self, audit: AuditStore, log: FilteringBoundLogger, clock: Callable[[], float]
    ) -> None:
        self._audit, self._log, self._clock = audit, log, clock
        self._tries: dict[tuple[str, str], _Tries] = {}
        self._rows: list[float] = []
        self._writing: asyncio.Task[None] | None = None
        self.counts: Counter[str] = Counter()
        self.wrong_passwords: list[float] = []
        """When, by the clock, within the last hour; 1,000 at most."""

    def note(self, address: str, method: str, path: str, error: TarsError) -> None:
        """One was refused."""
        self.counts[error.kind] += 1
        if error.kind == "wrong-password":
            self.wrong_passwords = [*self.wrong_passwords[-999:], self._clock()]
        if error.status not in TOLD:
            return
        key = (address, error.kind)
        if key not in self._tries and len(self._tries) >= MOST:
            key = ("many addresses", error.kind)
        tries = self._tries.setdefault(key, _Tries(method, path, error.status))
        tries.count += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self.flush())

    async def flush(self) -> None:
        """Write what is due; called from time to time, too."""
        now = self._clock()
        self._rows = [it for it in self._rows if now - it < 3600]
        for (address, kind), tries in list(self._tries.items()):
            if now - tries.told < EVERY:
                continue
            if tries.count == 0:
                self._tries.pop((address, kind), None)
            elif len(self._rows) < ROWS_AN_HOUR:
                self._rows.append(now)
                count, tries.count, tries.told = tries.count, 0, now
                await self._write(address, kind, tries, count)

    def recent(self, seconds: float) -> int:
        """Wrong passwords within the last so many."""
        now = self._clock()
        return sum(now - it <= seconds for it in self.wrong_passwords)

    async def accepted(self, who: str, address: str, path: str) -> None:
        """An act of the LAN that was done."""
        await self._add(AuditEntry(NOBODY, 0, "POST", path, 200, None, f"{who} from {address}"))

    async def _write(self, address: str, kind: str, tries: _Tries, count: int) -> None:
        often = "" if count == 1 else f", {count} times"
        who = f"{kind} from {address}{often}"
        self._log.warning("lan.refused", reason=kind, address=address, count=count)
        await self._add(
            AuditEntry(NOBODY, 0, tries.method[:10], tries.path, tries.status, None, who)
        )

    async def _add(self, entry: AuditEntry) -> None:
        try:
            await self._audit.add(entry)
        except StateUnavailable as error:
            self._log.error("audit.lost", error=error.message, **vars(entry))
