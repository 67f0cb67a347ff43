"""The file of the history: open only while something is written or read. Everything here blocks."""

import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MINUTE, HOUR, DAY = 60, 3600, 86400

FINE = 2 * DAY
"""Seconds for which each minute is kept."""

COARSE = 90 * DAY
"""Seconds for which each hour is kept."""

AHEAD = HOUR
"""Seconds: what is dated later than that from now was dated by a clock that was wrong, and goes."""

SERIES = 200
"""Names that are kept at most: five services have fifteen."""

LARGEST = 48 << 20
"""Bytes of the file: SQLite itself refuses to let it grow beyond. With its journal it stays below 50 MB."""

BUSY = 2.0
"""Seconds to wait for somebody else who reads it."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE IF NOT EXISTS fine (at INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,"
    " PRIMARY KEY (at, series)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS coarse (at INTEGER NOT NULL, series INTEGER NOT NULL, low REAL NOT NULL,"
    " mean REAL NOT NULL, high REAL NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (at, series)) STRICT, WITHOUT ROWID",
)

_ROLL_UP = (
    "INSERT OR REPLACE INTO coarse SELECT at / 3600 * 3600, series, min(value), avg(value), max(value), count(*)"
    " FROM fine WHERE at >= ? AND at < ? + 3600 GROUP BY 1, 2"
)

_FINE = (
    "SELECT name, at / ? AS slot, min(value), avg(value), max(value)"
    " FROM fine JOIN series ON id = series WHERE at >= ? AND at <= ? GROUP BY name, slot"
)
_COARSE = (
    "SELECT name, at / ? AS slot, min(low), sum(mean * count) / sum(count), max(high)"
    " FROM coarse JOIN series ON id = series WHERE at >= ? AND at <= ? GROUP BY name, slot"
)


@dataclass(frozen=True)
class Slot:
    """The values of a stretch of time."""

    low: float
    mean: float
    high: float


Slots = dict[str, dict[int, Slot]]
"""By series, then by the number of the stretch since 1970. A stretch in which nothing was measured is not there."""


class RollupFile:
    """At `path`. One that is damaged is put aside, as PATH.damaged, and begun anew: `replaced` says why."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.replaced: str | None = None

    def write(self, minutes: Mapping[int, Mapping[str, float]], now: float) -> int:
        """Take minutes in, roll their hours up, let go what is too old; returns the file's size in bytes.

        Done twice it comes to the same. Raises OSError, sqlite3.Error.
        """
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            ids = _ids(connection, {name for values in minutes.values() for name in values})
            rows = [
                (at, ids[name], value)
                for at, values in minutes.items()
                for name, value in values.items()
                if name in ids
            ]
            connection.executemany("INSERT OR REPLACE INTO fine VALUES (?, ?, ?)", rows)
            for hour in {at // HOUR * HOUR for at in minutes}:
                connection.execute(_ROLL_UP, (hour, hour))
            _prune(connection, int(now))
        return self._path.stat().st_size

    def read(self, since: float, until: float, width: int) -> Slots:
        """All series in stretches of `width` seconds, from minutes if that is two days at most, else from hours."""
        statement = _FINE if until - since <= FINE else _COARSE
        found: Slots = {}
        with self._open() as connection:
            for name, slot, low, mean, high in connection.execute(
                statement, (width, int(since), int(until))
            ):
                found.setdefault(name, {})[slot] = Slot(low, mean, high)
        return found

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with closing(self._whole()) as connection:
            yield connection

    def _whole(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except sqlite3.OperationalError:
            raise  # busy, full, read-only: it may be as good as ever
        except sqlite3.DatabaseError as error:
            self.replaced = str(error)
            self._path.replace(self._path.with_suffix(".db.damaged"))
            with suppress(FileNotFoundError):
                Path(f"{self._path}-journal").unlink()
            return _connect(self._path)


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {LARGEST // size}")
        # A power cut may cost the newest minutes, and never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        for statement in _SCHEMA:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _ids(connection: sqlite3.Connection, names: set[str]) -> Mapping[str, int]:
    """New names are taken in while there is room for them."""
    known = {name: number for number, name in connection.execute("SELECT id, name FROM series")}
    for name in sorted(names - known.keys())[: max(SERIES - len(known), 0)]:
        known[name] = connection.execute(
            "INSERT INTO series (name) VALUES (?) RETURNING id", (name,)
        ).fetchone()[0]
    return known


def _prune(connection: sqlite3.Connection, now: int) -> None:
    for table, kept in (("fine", FINE), ("coarse", COARSE)):
        connection.execute(
            f"DELETE FROM {table} WHERE at < ? OR at > ?",  # noqa: S608  two names of ours
            (now - kept, now + AHEAD),
        )
    connection.execute(
        "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM coarse WHERE coarse.series = id)"
    )
