"""Incidents, their timelines and the healer's acts in state.db."""

import secrets
import sqlite3
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from tarsd.engine.incident import Act, Entry, EntryKind, Incident, Opened, Repairs
from tarsd.store import ledger_rows, ledger_writes
from tarsd.store.changes import LOOK_DEADLINE
from tarsd.store.database import Database
from tarsd.store.ledger_rows import Unreadable
from tarsd.store.schema import ENTRY_HEAD
from tarsd.times import iso, moment

T = TypeVar("T")

AGAIN_WITHIN = timedelta(minutes=10)
"""What comes back this soon after its end is the same incident (design: one outage is one incident)."""


@dataclass(frozen=True)
class Standing:
    """What a daemon that starts must know. `returns`: when each was reopened in the last hour, by incident."""

    unresolved: Sequence[Incident]
    muted: Sequence[Incident]
    unfinished: Sequence[Act]
    returns: Mapping[int, Sequence[str]]
    last: Incident | None
    """The one that was resolved last, with its timeline."""


def token() -> str:
    """A name for one write: given again with the same one, because nobody knows how it ended, it is not done twice."""
    return secrets.token_hex(8)


class Ledger:
    """Writes are on disk when a method returns. Every method raises StateUnavailable.

    Each write is one transaction and has a `token`; without one it gets its own. Rows that cannot be read are left out
    of every answer and counted in `unreadable`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unreadable: set[str] = set()

    @property
    def opening(self) -> int:
        """Which opening of state.db is asked; 0 before the first."""
        return self._database.openings

    @property
    def unreadable(self) -> int:
        """How many rows were met that make no sense."""
        return len(self._unreadable)

    async def open(self, seen: Incident, entry: Entry, write: str | None = None) -> Opened:
        """The incident of what is `seen` (id 0) at `seen.opened`: the unresolved one of its fault and subject, or the one
        that was resolved less than 10 minutes before, reopened with its attempts, or a new one with `entry` as its first."""
        name = write or token()
        return await self._call(
            lambda connection: ledger_writes.open_(connection, seen, entry, name, AGAIN_WITHIN)
        )

    async def rename(self, incident: Incident, entry: Entry, write: str | None = None) -> Incident:
        """Give the one of that id the name and words of `incident`; returns it, with the attempts of another that was
        resolved under that name less than 10 minutes before, as a return of which it counts."""
        name = write or token()
        return await self._call(
            lambda connection: ledger_writes.rename(connection, incident, entry, name, AGAIN_WITHIN)
        )

    async def note(
        self,
        incident: Incident,
        entry: Entry | None,
        changes: Mapping[str, object] | None = None,
        write: str | None = None,
        *,
        put_back: bool = True,
    ) -> int:
        """Add a line to its timeline and change its fields, in one; returns its id.

        An incident that is not there, because an older copy took the file's place, is put back whole, as `incident` is;
        without `put_back`, for one that is over and may have been dropped, nothing is written then.
        """
        name, fields = write or token(), changes or {}
        return await self._call(
            lambda c: ledger_writes.note(c, incident, entry, fields, name, put_back=put_back)
        )

    async def resolve(self, incident: Incident, entry: Entry, write: str | None = None) -> int:
        """End it at the entry's time."""
        changes = {"status": "resolved", "resolved": entry.at, "next_try": None}
        return await self.note(incident, entry, changes, write)

    async def begin_act(self, incident: Incident, remedy: str, counts: bool, at: str) -> Act:
        """Record an act before it is done, and its attempt with it."""
        return await self._call(lambda c: ledger_writes.begin_act(c, incident, remedy, counts, at))

    async def end_act(
        self,
        act: Act,
        incident: Incident | None,
        entry: Entry,
        write: str | None = None,
        *,
        put_back: bool = True,
    ) -> None:
        """Record how it ended (`act.outcome`, `act.ended`, `act.seconds`), and say so in the incident's timeline."""
        name = write or token()
        await self._call(
            lambda c: ledger_writes.end_act(c, act, incident, entry, name, put_back=put_back)
        )

    async def get(self, incident_id: int) -> Incident | None:
        """One incident with its timeline, or None."""
        return await self._look(lambda c, bad: _with_entries(c, bad, incident_id))

    async def list(
        self, *, unresolved: bool = False, since: datetime | None = None, count: int = 50
    ) -> Sequence[Incident]:
        """The newest, newest first, without timelines; `since`: unresolved, or opened or resolved since then."""
        where, values = "WHERE 1", list[object]()
        if unresolved:
            where += " AND resolved IS NULL"
        if since is not None:
            where += " AND (resolved IS NULL OR opened >= ? OR resolved >= ?)"
            values += [iso(since)] * 2
        where += " ORDER BY id DESC LIMIT ?"
        return await self._look(lambda c, bad: _incidents(c, bad, where, [*values, count]))

    async def unresolved(self) -> Sequence[Incident]:
        """Those that are open or held, oldest first."""
        where = "WHERE resolved IS NULL ORDER BY id"
        return await self._look(lambda c, bad: _incidents(c, bad, where, []))

    async def standing(self, now: datetime) -> Standing:
        """All that a daemon that starts, or whose state.db was opened anew, must know."""
        return await self._look(lambda c, bad: _standing(c, bad, now))

    async def acts_since(self, then: datetime) -> Sequence[Act]:
        """Acts that began since, oldest first; what a clock that went back left in the future counts too."""
        return await self._look(
            lambda c, bad: _acts(c, bad, "WHERE began >= ? ORDER BY id", [iso(then)])
        )

    async def unfinished_acts(self) -> Sequence[Act]:
        """Acts whose end was never recorded, oldest first."""
        return await self._look(lambda c, bad: _acts(c, bad, "WHERE ended IS NULL ORDER BY id", []))

    async def repairs(self) -> Sequence[Repairs]:
        """How long incidents lasted, by fault."""
        return await self._look(_repairs)

    async def _call(self, write: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.call(write)

    async def _look(self, read: Callable[[sqlite3.Connection, set[str]], T]) -> T:
        bad: set[str] = set()
        found = await self._database.read(lambda connection: read(connection, bad), LOOK_DEADLINE)
        self._unreadable |= bad
        return found


Bad = set[str]


def _readable(
    rows: Iterable[sqlite3.Row], make: Callable[[sqlite3.Row], T], bad: Bad
) -> Sequence[T]:
    found: list[T] = []
    for row in rows:
        try:
            found.append(make(row))
        except Unreadable as error:
            bad.add(str(error))
    return found


def _incidents(
    connection: sqlite3.Connection, bad: Bad, where: str, values: Sequence[object]
) -> Sequence[Incident]:
    rows = connection.execute(f"SELECT * FROM incident {where}", tuple(values))  # noqa: S608  constant clauses
    return _readable(rows, ledger_rows.incident, bad)


def _acts(
    connection: sqlite3.Connection, bad: Bad, where: str, values: Sequence[object]
) -> Sequence[Act]:
    rows = connection.execute(f"SELECT * FROM act {where}", tuple(values))  # noqa: S608  constant clauses
    return _readable(rows, ledger_rows.act, bad)


def _with_entries(connection: sqlite3.Connection, bad: Bad, number: int) -> Incident | None:
    row = connection.execute("SELECT * FROM incident WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    found = _readable([row], ledger_rows.incident, bad)
    rows = connection.execute("SELECT * FROM entry WHERE incident = ? ORDER BY id", (number,))
    entries = list(_readable(rows, ledger_rows.entry, bad))
    if row["omitted"] and len(entries) > ENTRY_HEAD:
        gap = Entry(
            entries[ENTRY_HEAD].at,
            EntryKind.OMITTED,
            f"{row['omitted']} lines are left out here: a timeline keeps its beginning and its newest",
        )
        entries.insert(ENTRY_HEAD, gap)
    return replace(found[0], entries=tuple(entries)) if found else None


def _standing(connection: sqlite3.Connection, bad: Bad, now: datetime) -> Standing:
    returns: dict[int, list[str]] = {}
    for row in connection.execute(
        "SELECT incident, at FROM entry WHERE kind = ? AND at >= ? ORDER BY id",
        (EntryKind.REOPENED.value, iso(now - timedelta(hours=1))),
    ):
        returns.setdefault(row["incident"], []).append(row["at"])
    last = connection.execute("SELECT id FROM incident ORDER BY resolved DESC LIMIT 1").fetchone()
    return Standing(
        unresolved=_incidents(connection, bad, "WHERE resolved IS NULL ORDER BY id", []),
        muted=_incidents(connection, bad, "WHERE muted >= ? ORDER BY id", [iso(now)]),
        unfinished=_acts(connection, bad, "WHERE ended IS NULL ORDER BY id", []),
        returns=returns,
        last=_ended(_with_entries(connection, bad, last["id"])) if last else None,
    )


def _ended(incident: Incident | None) -> Incident | None:
    return incident if incident is not None and incident.resolved is not None else None


def _repairs(connection: sqlite3.Connection, bad: Bad) -> Sequence[Repairs]:
    lasted: dict[str, list[float]] = {}
    where = "WHERE resolved IS NOT NULL AND by_owner = 0"
    for found in _incidents(connection, bad, where, []):
        assert found.resolved is not None
        seconds = (moment(found.resolved) - moment(found.opened)).total_seconds()
        lasted.setdefault(found.fault, []).append(max(seconds, 0.0))
    return [
        Repairs(fault, len(times), round(statistics.median(times), 1))
        for fault, times in sorted(lasted.items())
    ]
