"""Who asked for what: one row for each mutating call on the API."""

import sqlite3
from dataclasses import dataclass

from tarsd.store.database import Database
from tarsd.store.schema import AUDIT_ROWS
from tarsd.times import now


@dataclass(frozen=True)
class AuditEntry:
    """A mutating call: the peer's uid and pid as the kernel gave them, and how it was answered."""

    uid: int
    pid: int
    method: str
    path: str
    status: int
    change: str | None


class AuditStore:
    """An append-only log bounded to AUDIT_ROWS rows; raises StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        """Record one call durably."""
        row = (now(), entry.uid, entry.pid, entry.method, entry.path, entry.status, entry.change)

        def write(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(
                "INSERT INTO audit (at, uid, pid, method, path, status, change) VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            oldest = (cursor.lastrowid or 0) - AUDIT_ROWS
            connection.execute("DELETE FROM audit WHERE id <= ?", (oldest,))

        await self._database.call(write)
