"""The writes of the ledger, each within the transaction of its caller."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tarsd.engine.incident import Act, Entry, EntryKind, How, Incident, IncidentStatus, Opened
from tarsd.store import ledger_rows
from tarsd.store.ledger_rows import FIELDS, Unreadable
from tarsd.store.schema import ACT_ROWS, ENTRY_HEAD, ENTRY_ROWS, INCIDENT_ROWS, TIMELINE_ROWS
from tarsd.times import moment


def open_(
    connection: sqlite3.Connection, seen: Incident, entry: Entry, name: str, again_within: timedelta
) -> Opened:
    """See Ledger.open."""
    done = connection.execute(
        "SELECT incident, kind FROM entry WHERE token = ?", (name,)
    ).fetchone()
    if done is not None:
        how = How.REOPENED if done["kind"] == EntryKind.REOPENED.value else How.OPENED
        row = connection.execute("SELECT * FROM incident WHERE id = ?", (done["incident"],))
        return Opened(_made(row.fetchone()) or replace(seen, id=done["incident"]), how)
    standing = _made(_unresolved(connection, seen))
    if standing is not None:
        return Opened(standing, How.KEPT)
    _make_way(connection, seen)
    before = _just_ended(connection, seen, again_within)
    if before is not None:
        return _reopen(connection, before, seen, entry, name)
    number = _insert(connection, replace(seen, id=0))
    newest = _append(connection, number, entry, name)
    connection.execute(
        "DELETE FROM incident WHERE resolved IS NOT NULL"
        " AND (id <= ? OR id IN (SELECT incident FROM entry WHERE id <= ?))",
        (number - INCIDENT_ROWS, newest - TIMELINE_ROWS),
    )
    return Opened(replace(seen, id=number), How.OPENED)


def rename(
    connection: sqlite3.Connection,
    incident: Incident,
    entry: Entry,
    name: str,
    again_within: timedelta,
) -> Incident:
    """See Ledger.rename."""
    done = connection.execute("SELECT incident FROM entry WHERE token = ?", (name,)).fetchone()
    if done is not None:
        row = connection.execute("SELECT * FROM incident WHERE id = ?", (done["incident"],))
        return _made(row.fetchone()) or replace(incident, id=done["incident"])
    before = _just_ended(connection, incident, again_within)
    if before is not None:
        attempts, reopened = before.attempts, before.reopened + 1
        incident = replace(incident, attempts=attempts, reopened=reopened)
    _make_way(connection, incident)
    changes = {field: getattr(incident, field) for field in FIELDS}
    return replace(incident, id=note(connection, incident, entry, changes, name, put_back=True))


def note(
    connection: sqlite3.Connection,
    incident: Incident,
    entry: Entry | None,
    changes: Mapping[str, object],
    name: str,
    *,
    put_back: bool,
) -> int:
    """See Ledger.note."""
    done = connection.execute("SELECT incident FROM entry WHERE token = ?", (name,)).fetchone()
    if done is not None:
        return done["incident"]
    row = connection.execute(
        "SELECT subject, opened FROM incident WHERE id = ?", (incident.id,)
    ).fetchone()
    number = incident.id
    if row is None or tuple(row) != (ledger_rows.column(incident.subject), incident.opened):
        if not put_back:
            return number
        whole = replace(incident, id=number if row is None else 0)
        if incident.resolved is None:
            _make_way(connection, incident)
        number = _insert(connection, whole)
    columns = ledger_rows.columns(changes)
    if columns:
        assignments = ", ".join(f"{column} = :{column}" for column in columns)
        connection.execute(
            f"UPDATE incident SET {assignments} WHERE id = :id",  # noqa: S608  names from FIELDS
            {**columns, "id": number},
        )
    if entry is not None:
        _append(connection, number, entry, name)
    return number


def begin_act(
    connection: sqlite3.Connection, incident: Incident, remedy: str, counts: bool, at: str
) -> Act:
    """See Ledger.begin_act."""
    cursor = connection.execute(
        "INSERT INTO act (incident, remedy, counts, began) VALUES (?, ?, ?, ?)",
        (incident.id, remedy, int(counts), at),
    )
    number = cursor.lastrowid or 0
    connection.execute(
        "UPDATE incident SET attempts = attempts + 1, next_try = NULL WHERE id = ?", (incident.id,)
    )
    connection.execute("DELETE FROM act WHERE ended IS NOT NULL AND id <= ?", (number - ACT_ROWS,))
    return Act(number, incident.id, remedy, counts, at)


def end_act(
    connection: sqlite3.Connection,
    act: Act,
    incident: Incident | None,
    entry: Entry,
    name: str,
    *,
    put_back: bool,
) -> None:
    """See Ledger.end_act. An act that an older copy of the file does not know is put back: it counts."""
    connection.execute(
        "INSERT OR REPLACE INTO act (id, incident, remedy, counts, began, ended, outcome, seconds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            act.id,
            act.incident,
            act.remedy,
            int(act.counts),
            act.began,
            act.ended,
            act.outcome.value if act.outcome else None,
            ledger_rows.column(act.seconds),
        ),
    )
    if incident is not None:
        note(connection, incident, entry, {}, name, put_back=put_back)


def _unresolved(connection: sqlite3.Connection, seen: Incident) -> sqlite3.Row | None:
    return connection.execute(
        "SELECT * FROM incident WHERE fault = ? AND subject = ? AND resolved IS NULL", _key(seen)
    ).fetchone()


def _just_ended(
    connection: sqlite3.Connection, seen: Incident, within: timedelta
) -> Incident | None:
    row = connection.execute(
        "SELECT * FROM incident WHERE fault = ? AND subject = ? AND resolved IS NOT NULL"
        " ORDER BY resolved DESC LIMIT 1",
        _key(seen),
    ).fetchone()
    found = _made(row)
    if found is None or found.resolved is None:
        return None
    # A clock that was put back leaves an end in the future: as near as it is far.
    return found if abs(moment(seen.opened) - moment(found.resolved)) < within else None


def _reopen(
    connection: sqlite3.Connection, before: Incident, seen: Incident, entry: Entry, name: str
) -> Opened:
    found = replace(
        before,
        status=IncidentStatus.OPEN,
        severity=seen.severity,
        summary=seen.summary,
        fix=seen.fix,
        resolved=None,
        next_try=None,
        by_owner=False,
        muted=None,
        reopened=before.reopened + 1,
    )
    note(
        connection,
        before,
        replace(entry, kind=EntryKind.REOPENED),
        {field: getattr(found, field) for field in FIELDS},
        name,
        put_back=False,
    )
    return Opened(found, How.REOPENED)


def _make_way(connection: sqlite3.Connection, incident: Incident) -> None:
    """End whatever else is unresolved of its fault and subject: what cannot be read, or was left in an older copy."""
    connection.execute(
        "UPDATE incident SET status = 'resolved', resolved = ?, next_try = NULL"
        " WHERE fault = ? AND subject = ? AND resolved IS NULL",
        (incident.opened, *_key(incident)),
    )


def _insert(connection: sqlite3.Connection, incident: Incident) -> int:
    """Under its id, or a new one where it has none."""
    columns = ledger_rows.columns({name: getattr(incident, name) for name in FIELDS})
    names, places = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    cursor = connection.execute(
        f"INSERT INTO incident (id, {names}) VALUES (:id, {places})",  # noqa: S608  names from FIELDS
        {**columns, "id": incident.id or None},
    )
    return cursor.lastrowid or 0


def _append(connection: sqlite3.Connection, number: int, entry: Entry, name: str) -> int:
    """Add a line; what a timeline has too many of is dropped from its middle, and counted. Returns the line's number."""
    cursor = connection.execute(
        "INSERT INTO entry (incident, token, at, kind, text, seconds, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            name,
            entry.at,
            entry.kind.value,
            ledger_rows.column(entry.text),
            ledger_rows.column(entry.seconds),
            ledger_rows.data(entry.data),
        ),
    )
    count = connection.execute(
        "SELECT count(*) FROM entry WHERE incident = ?", (number,)
    ).fetchone()[0]
    if count > ENTRY_ROWS:
        connection.execute(
            "DELETE FROM entry WHERE id IN"
            " (SELECT id FROM entry WHERE incident = ? ORDER BY id LIMIT ? OFFSET ?)",
            (number, count - ENTRY_ROWS, ENTRY_HEAD),
        )
        connection.execute(
            "UPDATE incident SET omitted = omitted + ? WHERE id = ?", (count - ENTRY_ROWS, number)
        )
    return cursor.lastrowid or 0


def _key(incident: Incident) -> tuple[object, object]:
    return ledger_rows.column(incident.fault), ledger_rows.column(incident.subject)


def _made(row: sqlite3.Row | None) -> Incident | None:
    try:
        return None if row is None else ledger_rows.incident(row)
    except Unreadable:
        return None
