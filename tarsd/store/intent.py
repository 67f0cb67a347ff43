"""What the owner wants running, per service, in state.db."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from tarsd.catalogue.views import Wanted
from tarsd.store.database import Database
from tarsd.times import now

__all__ = ["IntentStore", "Wanted", "Wish"]

T = TypeVar("T")


@dataclass(frozen=True)
class Wish:
    """What is wanted of a service, since when (ISO 8601), and who or what said so."""

    wanted: Wanted
    at: str
    reason: str


class IntentStore:
    """A service without a row is wanted running. Methods raise StateUnavailable. Nothing else writes the table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.latest: Mapping[str, Wish] | None = None
        """Every wish as it was last read or written, for who cannot wait for the disk; None before the first time."""

    async def want(self, services: Iterable[str], wanted: Wanted, reason: str) -> None:
        """Record the owner's wish durably, before anything acts on it."""
        wishes = {service: Wish(wanted, now(), reason) for service in services}
        await self._change(lambda connection: _write(connection, wishes))

    async def all(self) -> Mapping[str, Wanted]:
        """Every recorded wish by service."""
        return {service: wish.wanted for service, wish in (await self.wishes()).items()}

    async def wishes(self) -> Mapping[str, Wish]:
        """The same with when and why."""
        self.latest = await self._database.read(_read)
        return self.latest

    def peek(self, path: Path) -> None:
        """Take the wishes in the file at `path` for the latest, whoever has it open. It blocks; raises sqlite3.Error."""
        self.latest = {}
        if not path.exists():
            return
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA busy_timeout = 2000")
            self.latest = _read(connection)

    async def replace(self, service: str, before: Wish | None, wanted: Wanted, reason: str) -> bool:
        """Record a wish in place of the one read `before` (None: none); False if another has been recorded since."""
        wish = Wish(wanted, now(), reason)

        def change(connection: sqlite3.Connection) -> bool:
            if _read(connection).get(service) != before:
                return False
            _write(connection, {service: wish})
            return True

        return await self._change(change)

    async def put_back(self, wishes: Mapping[str, Wanted], reason: str) -> None:
        """Make `wishes`, as all() gave them, the only ones."""
        rows = {service: Wish(wanted, now(), reason) for service, wanted in wishes.items()}

        def change(connection: sqlite3.Connection) -> None:
            _drop(connection)
            _write(connection, rows)

        await self._change(change)

    async def forget(self) -> None:
        """Drop all wishes: the stack is uninstalled."""
        await self._change(_drop)

    async def _change(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """In one transaction, with what there is after it."""
        result, self.latest = await self._database.call(
            lambda connection: (change(connection), _read(connection))
        )
        return result


def _drop(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM intent")


def _write(connection: sqlite3.Connection, wishes: Mapping[str, Wish]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO intent (service, wanted, at, reason) VALUES (?, ?, ?, ?)",
        [(service, it.wanted, it.at, it.reason) for service, it in wishes.items()],
    )


def _read(connection: sqlite3.Connection) -> Mapping[str, Wish]:
    rows = connection.execute("SELECT * FROM intent").fetchall()
    return {row["service"]: Wish(row["wanted"], row["at"], row["reason"]) for row in rows}
