"""state.db itself: one SQLite connection, opened, migrated, proved writable, copied while good. Everything here blocks."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tarsd.host.files import make_directory, sync_directory, unfinished
from tarsd.store.attempt import Attempt, GivenUp
from tarsd.store.recovery import Trouble, fault, good_copy, set_aside
from tarsd.store.schema import MIGRATIONS

T = TypeVar("T")


class StateFile:
    """The file at `path`; to be used in one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> Trouble | None:
        """Open or create it anew, for writing; returns what had to be set aside for that.

        Raises OSError or sqlite3.Error; what was open before then stays open, for reading.
        """
        make_directory(self._path.parent)
        if (
            self._path.exists()
        ):  # tarsd has no right to open what its owner may not, and gives it back to itself
            self._path.chmod(0o600)
        reason = fault(self._path)
        aside = None
        if reason is not None:
            self.close()
            aside = set_aside(self._path, reason)
        fresh = _connect(self._path)
        self.close()
        self._connection = fresh
        return aside

    def transact(
        self, begin: str, function: Callable[[sqlite3.Connection], T], attempt: Attempt
    ) -> T:
        """Run `function` in one transaction. Raises GivenUp, sqlite3.Error, or what `function` raises: then it is undone."""
        connection = self._open()
        if not attempt.wanted:
            raise GivenUp
        connection.execute(begin)
        try:
            result = function(connection)
            attempt.commit()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def copy(self) -> None:
        """Put a good copy beside it. Raises OSError, sqlite3.Error."""
        copy = good_copy(self._path)
        fresh = unfinished(copy)
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)  # VACUUM INTO keeps the mode of an existing empty file
        self._open().execute("VACUUM INTO ?", (str(fresh),))
        descriptor = os.open(fresh, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.rename(copy)
        sync_directory(copy.parent)

    def close(self) -> None:
        """Fold the log in and close."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("it is closed")
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # A damaged text is that row's trouble; as an error of SQLite it would pass for one of the disk.
    connection.text_factory = _text
    try:
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-512")
        _migrate(connection)
        # A full or read-only disk lets a database be opened, and a transaction of nothing succeed: this is a real write.
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    except BaseException:
        connection.close()
        raise
    return connection


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step in one transaction with its version number."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN;{script};PRAGMA user_version={number};COMMIT;")
