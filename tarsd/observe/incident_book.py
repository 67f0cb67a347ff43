"""Incidents as they are now: memory knows better than the disk what is not over."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tarsd.engine.incident import Incident
from tarsd.engine.incidents import Incidents


class IncidentBook:
    """Reads; raises StateUnavailable where what is asked for is on a disk that does not answer."""

    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents

    async def list(self, unresolved: bool, count: int) -> Sequence[Incident]:
        """The newest first, without timelines."""
        if unresolved and self._incidents.known:
            return [*reversed(self._incidents.unresolved)][:count]
        rows = await self._incidents.ledger.list(unresolved=unresolved, count=count)
        return [self._now(it) for it in rows]

    async def get(self, number: int) -> Incident | None:
        """With its timeline."""
        found = await self._incidents.ledger.get(number)
        return None if found is None else self._now(found)

    async def whole(self, count: int) -> Sequence[Incident]:
        """The newest with their timelines."""
        rows = await self.list(unresolved=False, count=count)
        found = await asyncio.gather(*(self.get(it.id) for it in rows if it.id))
        return [it for it in found if it is not None]

    def _now(self, row: Incident) -> Incident:
        found = self._incidents.find(row.id)
        return row if found is None else replace(found, entries=row.entries)
