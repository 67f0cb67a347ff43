"""What the owner says of an incident: seen, closed by hand, to be tried again. It is on disk, or refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tarsd.engine.incident import Entry, EntryKind, Incident, IncidentStatus
from tarsd.engine.incident_life import Life
from tarsd.engine.incident_register import MUTED
from tarsd.engine.incidents import Incidents
from tarsd.errors import IncidentOver, NotFound, StateUnavailable
from tarsd.times import words


class OwnerWords:
    """Methods return the incident as it is then. Raises NotFound, IncidentOver, StateUnavailable.

    `wake` is called when the owner wants the healer to try at once.
    """

    def __init__(
        self, incidents: Incidents, wake: Callable[[Incident], None] = lambda _: None
    ) -> None:
        self._register = incidents.register
        self._incidents = incidents
        self._wake = wake

    async def acknowledge(self, incident_id: int) -> Incident:
        """He knows; nothing else changes. Said twice it is said once."""
        life = await self._life(incident_id, "acknowledge")
        if life.incident.acknowledged is not None:
            return life.incident
        changes = {"acknowledged": self._register.now()}
        return await self._say(life, "acknowledged", changes, "incident.acknowledged")

    async def resolve(self, incident_id: int) -> Incident:
        """Close it by hand. What still fails then is opened again only after it passed once, or after an hour."""
        life = await self._life(incident_id, "resolve")
        changes = {
            "status": IncidentStatus.RESOLVED,
            "resolved": self._register.now(),
            "next_try": None,
            "attempts": 0,
            "by_owner": True,
            "muted": self._register.later(MUTED),
        }
        text = f"closed by hand; if it still fails, it is opened again once it passed, or in {words(MUTED)}"
        found = await self._say(life, text, changes, "incident.closed")
        self._register.close(life, found)
        return found

    async def release(self, incident_id: int) -> Incident:
        """End its hold and its wait; attempts count from 0, and the next is made at once."""
        life = await self._life(incident_id, "release")
        changes = {"status": IncidentStatus.OPEN, "next_try": None, "attempts": 0}
        found = await self._say(
            life,
            "released: it is tried again from the first attempt on",
            changes,
            "incident.released",
        )
        self._register.wait(life, None)
        self._wake(found)
        return found

    async def _life(self, incident_id: int, verb: str) -> Life:
        await self._incidents.load()
        lives = self._register.lives.values()
        life = next((it for it in lives if it.incident.id == incident_id), None)
        if life is not None and incident_id:
            return life
        found = await self._incidents.ledger.get(incident_id)
        if found is None:
            raise NotFound(f"cannot find incident {incident_id}", fix="tarsctl incidents")
        raise IncidentOver(
            f"cannot {verb} incident {incident_id}: it is resolved",
            fix=f"tarsctl incidents show {incident_id}",
        )

    async def _say(self, life: Life, text: str, changes: Mapping[str, Any], event: str) -> Incident:
        """On disk first: only what is there was said."""
        if not await self._register.writes.flush():
            raise StateUnavailable(
                f"cannot record that about incident {life.incident.id}: state.db is not writable",
                fix="tarsctl status",
            )
        entry = Entry(self._register.now(), EntryKind.OWNER, text)
        await self._incidents.ledger.note(life.incident, entry, changes)
        found = replace(life.incident, **changes)
        self._register.put(life, found)
        self._register.journal.tell(event, found, text)
        return found
