"""state.db as the event loop sees it: every call runs in the one thread of the file, and none is waited for without end."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tarsd.errors import StateUnavailable, Unsettled
from tarsd.store.attempt import Attempt
from tarsd.store.file import StateFile
from tarsd.store.recovery import Trouble

T = TypeVar("T")

DEADLINE = 15.0
"""Seconds a write may take before it is taken back and its caller told that the disk does not answer."""

SETTLE = 3.0
"""Seconds more for a write that can no longer be taken back, because its COMMIT has begun."""

COPY_DEADLINE = 60.0
"""Seconds for a good copy, of a file of a few MB; what is not done by then is told, and comes to its end all the same."""

CLOSE_DEADLINE = 3.0
"""Seconds for the log to be folded in at the end; it is as safe in the log."""


class Database:
    """state.db (WAL, synchronous=FULL): `call(fn)` runs `fn(connection)` in its thread, in one transaction.

    What is written is on disk or refused, never kept in memory only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = StateFile(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._closed = False
        self._shut: Trouble | None = self._trouble(f"{path} is not open yet")
        """Why it cannot be written at all: it is not open, or was opened before the disk went bad."""
        self._refused: Trouble | None = None
        """A write that failed; ends with the next one that does not."""
        self._hanging: asyncio.Future[Any] | None = None
        """The write that a disk which does not answer still has: nothing is put behind it to wait as long again."""
        self._aside: Trouble | None = None
        """What had to be set aside: the owner's to read, until the next start."""
        self.openings = 0
        """How often it was opened: what was read from an earlier opening may not be what the file says now."""

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with it, the worst first."""
        return self._shut or self._refused or self._aside

    @property
    def writable(self) -> bool:
        """Whether something can be recorded; if not, `trouble` says why."""
        return self.trouble is None or self.trouble.writable

    async def open(self) -> None:
        """Open or create the database, or try again; what is wrong with it ends up in `trouble`, not in an exception.

        Returns when the disk has answered, be it tomorrow: `trouble` says so meanwhile, and reads and writes are refused.
        """
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._file.open)
        await asyncio.wait([work], timeout=DEADLINE)
        if not work.done():
            self._shut = self._trouble(
                f"{self._path} cannot be opened: the disk has not answered for {DEADLINE:g} s; nothing can be recorded"
            )
        try:
            aside = await work
        except (OSError, sqlite3.Error) as error:
            self._shut = self._trouble(
                f"{self._path} cannot be opened for writing ({error}); nothing can be recorded"
            )
            return
        self._shut, self._refused, self._aside = None, None, aside or self._aside
        self.openings += 1

    async def read(
        self, function: Callable[[sqlite3.Connection], T], deadline: float = DEADLINE
    ) -> T:
        """Run `function`, which only looks: it works on a disk that went full or read-only too. Raises StateUnavailable."""
        if self.openings == 0 and self._shut is not None:
            raise StateUnavailable(
                f"cannot read the records: {self._shut.message}", fix=self._shut.fix
            )
        return await self._run("BEGIN", function, "read", deadline)

    async def call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` in one transaction and commit it durably before returning.

        Raises StateUnavailable where the disk is full, read-only, gone or does not answer: then it is not committed
        later either. Raises Unsettled where that can no longer be promised.
        """
        if self._shut is not None:
            raise StateUnavailable(
                f"cannot record anything: {self._shut.message}", fix=self._shut.fix
            )
        try:
            result = await self._run("BEGIN IMMEDIATE", function, "write", DEADLINE)
        except StateUnavailable as error:
            if isinstance(error.__cause__, (sqlite3.OperationalError, asyncio.TimeoutError)):
                self._refused = self._trouble(error.message)
            raise
        self._refused = None
        return result

    async def keep_good_copy(self) -> None:
        """Write the copy that a damaged state.db is replaced by; raises StateUnavailable."""
        if not self.writable and self.trouble is not None:
            raise self._unavailable("copy", f"no good copy of it now: {self.trouble.message}")
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._file.copy)
        await self._in_time(work, COPY_DEADLINE, "copy")
        try:
            work.result()
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable("copy", f"no good copy could be made: {error}") from error

    async def close(self) -> None:
        """Checkpoint and close; later calls raise StateUnavailable, and so does this one where the disk is bad."""
        self._closed = True
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)
        await self._in_time(work, CLOSE_DEADLINE, "close")
        try:
            work.result()
        except sqlite3.Error as error:
            raise self._unavailable("close", str(error)) from error

    async def _in_time(self, work: asyncio.Future[None], deadline: float, verb: str) -> None:
        work.add_done_callback(_look_at)
        await asyncio.wait([work], timeout=deadline)
        if not work.done():
            raise self._unavailable(verb, f"the disk has not answered for {deadline:.0f} s")

    async def _run(
        self, begin: str, function: Callable[[sqlite3.Connection], T], verb: str, deadline: float
    ) -> T:
        if self._closed:
            raise self._unavailable(verb, "it is closed")
        if self._hanging is not None and not self._hanging.done():
            raise self._unavailable(verb, "the disk does not answer")
        attempt = Attempt()
        work = asyncio.get_running_loop().run_in_executor(
            self._thread, self._file.transact, begin, function, attempt
        )
        work.add_done_callback(_look_at)
        await asyncio.wait([work], timeout=deadline)
        if not work.done():
            await self._give_up(work, attempt, verb, deadline)
        try:
            return work.result()
        except sqlite3.Error as error:
            raise self._unavailable(verb, str(error)) from error

    async def _give_up(
        self, work: asyncio.Future[T], attempt: Attempt, verb: str, deadline: float
    ) -> None:
        """Take the write back; where it is too late for that, wait a little longer for how it ends."""
        found = self._unavailable(verb, f"the disk has not answered for {deadline:g} s")
        if verb == "write":
            self._hanging = work
        if attempt.give_up() or verb == "read":
            raise found from asyncio.TimeoutError()
        await asyncio.wait([work], timeout=SETTLE)
        if not work.done():
            raise Unsettled(found.message, fix=found.fix) from asyncio.TimeoutError()

    def _unavailable(self, verb: str, reason: str) -> StateUnavailable:
        return StateUnavailable(f"cannot {verb} {self._path}: {reason}", fix=self._fix())

    def _trouble(self, message: str) -> Trouble:
        return Trouble(message, self._fix(), writable=False)

    def _fix(self) -> str:
        return f"df -h {self._path.parent}; mount | grep ' ro'; journalctl -k -n 30"


def _look_at(work: asyncio.Future[T]) -> None:
    """Take note of an error that comes when its caller has left, or asyncio reports it as lost."""
    if not work.cancelled():
        work.exception()
