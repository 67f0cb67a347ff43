"""Rows of state.db for a reader outside the daemon: as they are, whoever has it open, whether or not it can be written."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tarsd.times import iso

PATIENCE = 2000
"""Milliseconds that a writer is waited for."""


@dataclass(frozen=True)
class Table:
    """A table, the columns that are handed on, and how many of its newest rows."""

    name: str
    columns: str
    most: int
    key: str = "id"


TABLES: Mapping[str, Table] = {
    "incidents": Table(
        "incident",
        "id, fault, subject, status, severity, summary, fix, opened, resolved, attempts, next_try, reopened, acknowledged,"
        " by_owner, muted, omitted",
        200,
    ),
    "timeline": Table("entry", "incident, at, kind, text, seconds, data", 4000),
    "acts": Table("act", "id, incident, remedy, counts, began, ended, outcome, seconds", 500),
    # Without memos: they hold what an undo needs, which may be a file as the owner wrote it.
    "changes": Table(
        "change", "id, kind, summary, status, locks, started, ended, error, result", 100
    ),
    "tasks": Table(
        "task",
        "change, number, kind, version, summary, args, status, started, ended, error",
        1000,
        "rowid",
    ),
    "audit": Table("audit", "id, at, uid, pid, who, method, path, status, change", 1000),
    "intent": Table("intent", "service, wanted, at, reason", 200, "rowid"),
    "boots": Table("boot", "boot, at, verdict, seconds, services, missing", 50, "rowid"),
}


def newest(path: Path, name: str) -> Sequence[Mapping[str, Any]]:
    """The newest rows of one of TABLES, oldest first. It blocks. Raises FileNotFoundError, sqlite3.Error."""
    if not path.exists():
        raise FileNotFoundError(2, "it is not there", str(path))
    table = TABLES[name]
    # A file without a log was closed well and nobody has it open. To be read as any other it would be given one, which
    # stays, and which a disk that became read-only refuses.
    opened = path.with_name(f"{path.name}-wal").exists()
    return _rows(path, "mode=ro" if opened else "mode=ro&immutable=1", table)[::-1]


SLOT = 600
"""Seconds that are told as one: 144 lines a day."""

_HISTORY = (
    "SELECT name, at / ? * ? AS slot, min(value) AS low, avg(value) AS mean, max(value) AS high"
    " FROM fine JOIN series ON id = series WHERE at >= ? GROUP BY name, slot ORDER BY slot, name"
)


def history(path: Path, since: float) -> Sequence[Mapping[str, Any]]:
    """What was measured since then, of the file that has its minutes: `at`, and lowest, mean and highest by name.

    It blocks. Raises FileNotFoundError, sqlite3.Error.
    """
    if not path.exists():
        raise FileNotFoundError(2, "it is not there", str(path))
    slots: dict[int, dict[str, Any]] = {}
    with closing(_opened(path, "mode=ro")) as connection:
        for row in connection.execute(_HISTORY, (SLOT, SLOT, since)):
            slot = slots.setdefault(row["slot"], {"at": iso(_moment(row["slot"]))})
            slot[row["name"]] = [round(row[name], 3) for name in ("low", "mean", "high")]
    return list(slots.values())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)
    connection.row_factory = sqlite3.Row
    connection.text_factory = _text
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    return connection


def _rows(path: Path, mode: str, table: Table) -> list[dict[str, Any]]:
    with closing(_opened(path, mode)) as connection:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        # An older daemon's file may lack some; without any it has no such table, and the question says so.
        columns = ", ".join(it for it in table.columns.split(", ") if it in there) or "*"
        question = f"SELECT {columns} FROM {table.name} ORDER BY {table.key} DESC LIMIT ?"  # noqa: S608  our own words
        return [dict(row) for row in connection.execute(question, (table.most,))]


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
