"""Rows of state.db for a reader outside the daemon: as they are, whoever has it open, whether or not it can be written."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
    "audit": Table("audit", "id, at, uid, pid, method, path, status, change", 1000),
    "intent": Table("intent", "service, wanted, at, reason", 200, "rowid"),
    "boots": Table("boot", "boot, at, verdict, seconds, services, missing", 50, "rowid"),
}


def newest(path: Path, name: str) -> Sequence[Mapping[str, Any]]:
    """The newest rows of one of TABLES, oldest first. It blocks. Raises FileNotFoundError, sqlite3.Error."""
    if not path.exists():
        raise FileNotFoundError(2, "it is not there", str(path))
    table = TABLES[name]
    question = f"SELECT {table.columns} FROM {table.name} ORDER BY {table.key} DESC LIMIT ?"  # noqa: S608  our own words
    try:
        rows = _rows(path, "mode=ro", question, table.most)
    except sqlite3.OperationalError:
        # On a disk that became read-only, a file that was closed well has no log and can get none.
        if path.with_name(f"{path.name}-wal").exists():
            raise
        rows = _rows(path, "mode=ro&immutable=1", question, table.most)
    return rows[::-1]


def _rows(path: Path, mode: str, question: str, most: int) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = _text
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        return [dict(row) for row in connection.execute(question, (most,))]


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
