"""What is to be told, and what was, in state.db."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from tarsd.alerts.notice import OVER, Kind, Notice, Silence, State
from tarsd.store.database import Database
from tarsd.store.schema import NOTICE_ROWS

_COLUMNS = tuple(field.name for field in fields(Notice))
_SAVE = (
    f"INSERT INTO notice (key, {', '.join(_COLUMNS)}) VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"  # noqa: S608  constants
    f" ON CONFLICT (key) DO UPDATE SET {', '.join(f'{it} = excluded.{it}' for it in _COLUMNS)}"
)
_OVER = ", ".join(f"'{state.value}'" for state in sorted(OVER))


@dataclass(frozen=True)
class Kept:
    """All that is on disk: notices in the order in which they were made, and since when each channel is known."""

    notices: Sequence[Notice]
    silences: Sequence[Silence]
    channels: Mapping[str, str]


class OutboxStore:
    """Every method raises StateUnavailable; what is written is on disk when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def opening(self) -> int:
        """Which opening of state.db is asked; 0 before the first."""
        return self._database.openings

    async def load(self) -> Kept:
        """Everything."""
        return await self._database.read(_load)

    async def save(self, notices: Sequence[Notice]) -> None:
        """Write them as they are now, all or none; of those that are over the oldest are dropped."""
        rows = [_row(notice) for notice in notices]
        await self._database.call(lambda connection: _save(connection, rows))

    async def know(self, channel: str, since: str) -> None:
        """A channel that is new: what was over before that is not told to it."""
        await self._database.call(
            lambda connection: connection.execute(
                "INSERT OR IGNORE INTO channel (name, since) VALUES (?, ?)", (channel, since)
            )
        )

    async def silence(self, made: Silence) -> int:
        """Record it; returns its number."""

        def write(connection: sqlite3.Connection) -> int:
            values = (made.fault, made.subject, made.until, made.reason, made.made)
            found = connection.execute(
                "INSERT INTO silence (fault, subject, until, reason, made) VALUES (?, ?, ?, ?, ?)",
                values,
            )
            return int(found.lastrowid or 0)

        return await self._database.call(write)

    async def lift(self, number: int) -> None:
        """End a silence, or forget one that is over."""
        await self._database.call(
            lambda connection: connection.execute("DELETE FROM silence WHERE id = ?", (number,))
        )


def _save(connection: sqlite3.Connection, rows: Sequence[Sequence[object]]) -> None:
    connection.executemany(_SAVE, rows)
    connection.execute(
        f"DELETE FROM notice WHERE state IN ({_OVER}) AND id <="  # noqa: S608  constants
        " (SELECT max(id) FROM notice) - ?",
        (NOTICE_ROWS,),
    )


def _row(notice: Notice) -> Sequence[object]:
    values = (getattr(notice, name) for name in _COLUMNS)
    return (notice.key, *(it.value if isinstance(it, Kind | State) else it for it in values))


def _load(connection: sqlite3.Connection) -> Kept:
    rows = connection.execute("SELECT * FROM notice ORDER BY id").fetchall()
    silences = connection.execute("SELECT * FROM silence ORDER BY id").fetchall()
    channels = connection.execute("SELECT name, since FROM channel").fetchall()
    return Kept(
        [_notice(row) for row in rows],
        [Silence(**dict(row)) for row in silences],
        {row["name"]: row["since"] for row in channels},
    )


def _notice(row: sqlite3.Row) -> Notice:
    found = {name: row[name] for name in _COLUMNS}
    found |= {
        "kind": Kind(row["kind"]),
        "state": State(row["state"]),
        "repeated": bool(row["repeated"]),
    }
    return Notice(**found)
