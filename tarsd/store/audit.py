"""Who asked for what: one row for each mutating call on the API."""

import sqlite3
from dataclasses import dataclass

from tarsd.store.database import Database
from tarsd.store.schema import AUDIT_ROWS
from tarsd.times import now


@dataclass(frozen=True)
class AuditEntry:
    """A mutating call: the peer's uid and pid as the kernel gave them, and how it was answered.

    From the LAN nobody has a uid: `who` then says who asked from which address, and how often where it is told in one row.
    """

    uid: int
    pid: int
    method: str
    path: str
    status: int
    change: str | None
    who: str | None = None


_COLUMNS = ("uid", "pid", "method", "path", "status", "change", "who")

NOBODY = -1
"""The uid of who comes from the LAN."""


class AuditStore:
    """An append-only log bounded to AUDIT_ROWS rows; raises StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        """Record one call durably."""
        row = (now(), *(getattr(entry, name) for name in _COLUMNS))

        def write(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(
                "INSERT INTO audit (at, uid, pid, method, path, status, change, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            oldest = (cursor.lastrowid or 0) - AUDIT_ROWS
            connection.execute("DELETE FROM audit WHERE id <= ?", (oldest,))

        await self._database.call(write)
