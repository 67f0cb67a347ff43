"""/v1/incidents"""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from tarsd.api.route import Call, Query
from tarsd.engine.evidence import Evidence
from tarsd.engine.incident import Incident
from tarsd.engine.incidents import Incidents
from tarsd.engine.owner_words import OwnerWords
from tarsd.errors import NotFound, StateUnavailable
from tarsd.observe.incident_shapes import (
    IncidentList,
    IncidentShape,
    IncidentStory,
    RepairsShape,
    incident_shape,
    incident_story,
    repairs_shape,
)
from tarsd.times import ago

_ID = re.compile(r"[0-9]{1,18}")
"""What SQLite's integers hold."""


def _since(text: str) -> str:
    ago(text, datetime.now(timezone.utc))
    return text


class IncidentsQuery(Query):
    """`open`: only what is not resolved; `since`: only what is not, or began or ended since then."""

    open: bool = False
    since: Annotated[str, AfterValidator(_since)] | None = None
    count: Annotated[int, Field(ge=1, le=500)] = 50


class IncidentHandlers:
    """Looking at incidents, and the owner's words on them. `wall` is the clock that they are dated by."""

    def __init__(
        self,
        incidents: Incidents,
        owner: OwnerWords,
        evidence: Evidence,
        place: Path,
        wall: Callable[[], datetime],
    ) -> None:
        self._incidents = incidents
        self._owner = owner
        self._evidence = evidence
        self._place = place
        self._wall = wall

    async def list(self, call: Call) -> IncidentList:
        """The newest. What is unresolved is told from memory, so where the ledger cannot be read, too; the rest is not
        known then, and `mttr` says so."""
        query: IncidentsQuery = call.query
        then = None if query.since is None else self._moment(query.since)
        if query.open and self._incidents.known:
            found = self._unresolved(query.count)
            mttr = await self._mttr()
        else:
            # side by side, for each may take as long as a client waits
            rows, mttr = await asyncio.gather(
                self._rows(unresolved=query.open, since=then, count=query.count), self._mttr()
            )
            if rows is None:
                found, mttr = self._unresolved(query.count), None
            else:
                found = self._with_unrecorded(rows, query.count)
        shapes = [incident_shape(it) for it in found]
        return IncidentList(
            incidents=shapes,
            mttr=None if mttr is None else [*mttr],
            unreadable=self._incidents.ledger.unreadable,
        )

    async def get(self, call: Call) -> IncidentStory:
        """One, with its timeline."""
        return await self._story(_number(call))

    async def acknowledge(self, call: Call) -> IncidentShape:
        """The owner knows."""
        return incident_shape(await self._owner.acknowledge(_number(call)))

    async def resolve(self, call: Call) -> IncidentShape:
        """The owner closes it by hand."""
        return incident_shape(await self._owner.resolve(_number(call)))

    async def release(self, call: Call) -> IncidentShape:
        """The owner ends its hold."""
        return incident_shape(await self._owner.release(_number(call)))

    async def _mttr(self) -> Sequence[RepairsShape] | None:
        """None where the disk does not answer."""
        try:
            return [repairs_shape(it) for it in await self._incidents.ledger.repairs()]
        except StateUnavailable:
            return None

    async def _rows(
        self, *, unresolved: bool, since: datetime | None, count: int
    ) -> Sequence[Incident] | None:
        """None where the disk does not answer."""
        try:
            return await self._incidents.ledger.list(
                unresolved=unresolved, since=since, count=count
            )
        except StateUnavailable:
            return None

    async def _story(self, number: int) -> IncidentStory:
        try:
            found = await self._incidents.ledger.get(number)
        except StateUnavailable:
            found = self._incidents.find(number)  # without its timeline, which is on the disk
            if found is None:
                raise
        if found is None:
            raise _unknown(number)
        (now,) = self._as_they_are([found])
        names = await self._evidence.names(number)
        return incident_story(now, found.entries, names, str(self._place / str(number)))

    def _unresolved(self, count: int) -> Sequence[Incident]:
        """What the disk has not taken yet is the newest: on one that is full or read-only, it is why."""
        newest = self._incidents.unresolved[::-1]
        return sorted(newest, key=lambda it: bool(it.id))[:count]

    def _with_unrecorded(self, rows: Sequence[Incident], count: int) -> Sequence[Incident]:
        new = [it for it in self._unresolved(count) if not it.id]
        return [*new, *self._as_they_are(rows)][:count]

    def _as_they_are(self, rows: Sequence[Incident]) -> Sequence[Incident]:
        """Memory may know better than the disk: figures change too often to be written each time."""
        return [self._incidents.find(it.id) or it for it in rows]

    def _moment(self, text: str) -> datetime:
        """Raises nothing: the query is valid by now."""
        return ago(text, self._wall())


def _number(call: Call) -> int:
    text: str = call.path["id"]
    if not _ID.fullmatch(text):
        raise _unknown(text)
    return int(text)


def _unknown(number: object) -> NotFound:
    return NotFound(f"cannot find incident {number}", fix="tarsctl incidents")
