"""What the owner wants running, per service, in state.db."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tarsd.catalogue.views import Wanted
from tarsd.store.database import Database
from tarsd.times import now

__all__ = ["IntentStore", "Wanted", "Wish"]


@dataclass(frozen=True)
class Wish:
    """What is wanted of a service, since when (ISO 8601), and who or what said so."""

    wanted: Wanted
    at: str
    reason: str


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

    async def wishes(self) -> Mapping[str, Wish]:
        """The same with when and why."""
        rows = await self._database.read(
            lambda connection: connection.execute("SELECT * FROM intent").fetchall()
        )
        return {row["service"]: Wish(row["wanted"], row["at"], row["reason"]) for row in rows}

    async def replace(self, service: str, before: Wish | None, wanted: Wanted, reason: str) -> bool:
        """Record a wish in place of the one read `before` (None: none); False if another has been recorded since."""
        row = (service, wanted, now(), reason)

        def write(connection: sqlite3.Connection) -> bool:
            found = connection.execute("SELECT * FROM intent WHERE service = ?", (service,))
            there = found.fetchone()
            if before != (there and Wish(there["wanted"], there["at"], there["reason"])):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO intent (service, wanted, at, reason) VALUES (?, ?, ?, ?)",
                row,
            )
            return True

        return await self._database.call(write)

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
