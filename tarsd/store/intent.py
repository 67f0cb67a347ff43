"""What the owner wants running, per service, in state.db."""

import sqlite3
from collections.abc import Iterable, Mapping

from tarsd.catalogue.views import Wanted
from tarsd.store.database import Database
from tarsd.times import now

__all__ = ["IntentStore", "Wanted"]


class IntentStore:
    """A service without a row is wanted running. Methods raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def want(self, services: Iterable[str], wanted: Wanted, reason: str) -> None:
        """Record the owner's wish durably, before anything acts on it."""
        rows = [(service, wanted, now(), reason) for service in services]
        await self._database.call(
            lambda connection: connection.executemany(
                "INSERT OR REPLACE INTO intent (service, wanted, at, reason) VALUES (?, ?, ?, ?)",
                rows,
            )
        )

    async def all(self) -> Mapping[str, Wanted]:
        """Every recorded wish by service."""
        rows = await self._database.read(
            lambda connection: connection.execute("SELECT service, wanted FROM intent").fetchall()
        )
        return {row["service"]: row["wanted"] for row in rows}

    async def put_back(self, wishes: Mapping[str, Wanted], reason: str) -> None:
        """Make `wishes`, as all() gave them, the only ones."""
        rows = [(service, wanted, now(), reason) for service, wanted in wishes.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM intent")
            connection.executemany(
                "INSERT INTO intent (service, wanted, at, reason) VALUES (?, ?, ?, ?)", rows
            )

        await self._database.call(write)

    async def forget(self) -> None:
        """Drop all wishes: the stack is uninstalled."""
        await self._database.call(lambda connection: connection.execute("DELETE FROM intent"))
