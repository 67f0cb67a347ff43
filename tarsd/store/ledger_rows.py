"""Rows of the ledger as the product's words, and back; a row that makes no sense says so instead of becoming a guess."""

import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any, cast

from tarsd.engine.incident import Act, Entry, EntryKind, Incident, IncidentStatus, Outcome
from tarsd.times import moment

LONGEST_TEXT = 2000
"""Characters of a text: what a service says of itself may be of any length."""

FIELDS = (
    "fault",
    "subject",
    "status",
    "severity",
    "summary",
    "fix",
    "opened",
    "resolved",
    "attempts",
    "next_try",
    "reopened",
    "acknowledged",
    "by_owner",
    "muted",
)
"""Columns of an incident that are fields of the same name."""


class Unreadable(Exception):
    """A row that this version cannot have written."""


def incident(row: sqlite3.Row) -> Incident:
    """Raises Unreadable."""
    fields: dict[str, Any] = {name: row[name] for name in FIELDS}
    try:
        fields["status"] = IncidentStatus(row["status"])
        fields["by_owner"] = bool(row["by_owner"])
        found = Incident(id=row["id"], **fields)
        _require_times(found.opened, found.resolved, found.next_try, found.muted)
    except ValueError as error:
        raise Unreadable(f"incident {row['id']}: {error}") from error
    if found.severity not in ("fail", "warn"):
        raise Unreadable(f"incident {row['id']}: severity {found.severity!r}")
    if (found.resolved is None) == (found.status is IncidentStatus.RESOLVED):
        raise Unreadable(
            f"incident {row['id']}: {found.status.value} and resolved {found.resolved}"
        )
    return found


def entry(row: sqlite3.Row) -> Entry:
    """Raises Unreadable."""
    try:
        _require_times(row["at"])
        kind, told = EntryKind(row["kind"]), _object(row["data"])
        return Entry(row["at"], kind, row["text"], row["seconds"], told)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"entry {row['id']}: {error}") from error


def act(row: sqlite3.Row) -> Act:
    """Raises Unreadable."""
    try:
        _require_times(row["began"], row["ended"])
        return Act(
            id=row["id"],
            incident=row["incident"],
            remedy=row["remedy"],
            counts=bool(row["counts"]),
            began=row["began"],
            ended=row["ended"],
            outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
            seconds=row["seconds"],
        )
    except ValueError as error:
        raise Unreadable(f"act {row['id']}: {error}") from error


def column(value: object) -> object:
    """A field's value as SQLite takes it: no half of a surrogate pair, no text without end, no number that is none."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode(errors="replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def columns(changes: Mapping[str, object]) -> dict[str, object]:
    """Fields of an incident as columns."""
    return {name: column(changes[name]) for name in FIELDS if name in changes}


def data(value: Mapping[str, Any] | None) -> str | None:
    """An entry's data as JSON."""
    return None if value is None else json.dumps(value, separators=(",", ":"), default=str)


def _object(text: str | None) -> Mapping[str, Any] | None:
    found: object = None if text is None else json.loads(text)
    if found is None or isinstance(found, dict):
        return cast("Mapping[str, Any] | None", found)
    raise ValueError("its data is no object")


def _require_times(*times: str | None) -> None:
    for text in times:
        if text is not None:
            moment(text)
