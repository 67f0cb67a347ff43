"""One SQLite connection in one thread: opened, migrated, copied while good, and never on the event loop."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tarsd.errors import StateUnavailable, Unsettled
from tarsd.host.files import make_directory, sync_directory, unfinished
from tarsd.store.attempt import Attempt, GivenUp
from tarsd.store.recovery import Trouble, fault, good_copy, set_aside
from tarsd.store.schema import MIGRATIONS

T = TypeVar("T")

DEADLINE = 15.0
"""Seconds a write may take before it is taken back and its caller told that the disk does not answer."""

SETTLE = 3.0
"""Seconds more for a write that can no longer be taken back, because its COMMIT has begun."""


class Database:
    """state.db (WAL, synchronous=FULL): `call(fn)` runs `fn(connection)` in its thread, in one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._passing = False
        """Whether `trouble` is of a write that failed, and ends with the next one that does not."""
        self.trouble: Trouble | None = None

    @property
    def writable(self) -> bool:
        """Whether what is recorded outlives the daemon; if not, `trouble` says why."""
        return self.trouble is None or self.trouble.writable

    async def open(self) -> None:
        """Open or create the database, or try again; what is wrong with it ends up in `trouble`, not in an exception."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function`, which only looks: it works on a full or read-only disk too. Raises StateUnavailable."""
        return await self._run("BEGIN", function)

    async def call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` in one transaction and commit it durably before returning.

        Raises StateUnavailable where the disk is full, read-only, gone or does not answer: then it is not committed
        later either. Raises Unsettled where that can no longer be promised.
        """
        result = await self._run("BEGIN IMMEDIATE", function)
        if self._passing:
            self.trouble, self._passing = None, False
        return result

    async def _run(self, begin: str, function: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise self._unavailable("it is closed")
        attempt = Attempt()
        work = asyncio.get_running_loop().run_in_executor(
            self._thread, self._in_transaction, begin, function, attempt
        )
        work.add_done_callback(_look_at)
        await asyncio.wait([work], timeout=DEADLINE)
        if not work.done():
            await self._give_up(work, attempt)
        try:
            return work.result()
        except sqlite3.Error as error:
            found = self._unavailable(str(error))
            if isinstance(error, sqlite3.OperationalError) and self.trouble is None:
                self.trouble = Trouble(found.message, found.fix or "", writable=False)
                self._passing = True
            raise found from error

    async def _give_up(self, work: asyncio.Future[T], attempt: Attempt) -> None:
        """Take the write back; where it is too late for that, wait a little longer for how it ends."""
        silence = f"the disk has not answered for {DEADLINE:.0f} s"
        if attempt.give_up():
            raise self._unavailable(silence)
        await asyncio.wait([work], timeout=SETTLE)
        if not work.done():
            found = self._unavailable(silence)
            raise Unsettled(found.message, fix=found.fix)

    async def keep_good_copy(self) -> None:
        """Write the copy that a damaged state.db is replaced by; raises StateUnavailable."""
        await self.call(lambda _: None)
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._copy)
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(f"no good copy could be written: {error}") from error

    async def close(self) -> None:
        """Checkpoint and close; later calls raise StateUnavailable."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _open(self) -> None:
        self._passing = False
        self._close()
        try:
            make_directory(self._path.parent)
            reason = fault(self._path)
            self.trouble = set_aside(self._path, reason) if reason is not None else None
            self._connection = self._connect(str(self._path))
        except (OSError, sqlite3.Error) as error:
            self._connection = self._connect(":memory:")
            self.trouble = Trouble(
                f"{self._path} cannot be opened for writing ({error}); nothing can be recorded",
                f"df -h {self._path.parent}; then sudo systemctl restart tarsd",
                writable=False,
            )

    def _connect(self, target: str) -> sqlite3.Connection:
        connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            if target != ":memory:":
                Path(target).chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-512")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _in_transaction(
        self, begin: str, function: Callable[[sqlite3.Connection], T], attempt: Attempt
    ) -> T:
        connection = self._connection
        if connection is None:
            raise sqlite3.ProgrammingError("it is closed")
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

    def _copy(self) -> None:
        connection = self._connection
        if connection is None or not self.writable:
            return
        copy = good_copy(self._path)
        fresh = unfinished(copy)
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)  # VACUUM INTO keeps the mode of an existing empty file
        connection.execute("VACUUM INTO ?", (str(fresh),))
        descriptor = os.open(fresh, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.rename(copy)
        sync_directory(copy.parent)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _unavailable(self, reason: str) -> StateUnavailable:
        return StateUnavailable(
            f"cannot write {self._path}: {reason}",
            fix=f"df -h {self._path.parent}; mount | grep ' ro'",
        )


def _look_at(work: asyncio.Future[T]) -> None:
    """Take note of an error that comes when its caller has left, or asyncio reports it as lost."""
    if not work.cancelled():
        work.exception()


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step in one transaction with its version number."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN;{script};PRAGMA user_version={number};COMMIT;")
