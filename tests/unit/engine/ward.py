"""Incidents on a real state.db whose disk refuses when it is told to, and clocks that a test moves."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from tarsd.catalogue.check import Finding, Status
from tarsd.engine.incident import Incident
from tarsd.engine.incidents import Changes, Incidents
from tarsd.engine.owner_words import OwnerWords
from tarsd.errors import StateUnavailable, Unsettled
from tarsd.store import Database
from tarsd.store.ledger import Ledger
from tests.unit.log import Log

T = TypeVar("T")

BEGUN = datetime(2026, 11, 22, 3, 12, tzinfo=timezone.utc)


class BadDatabase(Database):
    """`refuses`: what happens to the next writes, `lost` before anything is done, `unsettled` after all was; None is well.

    `away`: every write is refused until further notice.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.refuses: list[str | None] = []
        self.away = False

    async def call(self, function: Callable[[Connection], T]) -> T:
        word = self.refuses.pop(0) if self.refuses else None
        if word == "lost" or self.away:
            raise StateUnavailable("cannot write state.db: disk I/O error")
        found = await super().call(function)
        if word == "unsettled":
            raise Unsettled("cannot write state.db: the disk has not answered for 15 s")
        return found


class Ward:
    """A daemon's incidents. `restart` is another daemon on the same state.db."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0.0
        self.wall_shift = timedelta()
        self.log = Log()
        self.woken: list[Incident] = []
        self.begin()

    def begin(self) -> None:
        """A daemon whose state.db is not open yet."""
        self.database = BadDatabase(self.path)
        self.ledger = Ledger(self.database)
        self.incidents = Incidents(self.ledger, self.log.logger, self.wall, lambda: self.seconds)
        self.owner = OwnerWords(self.incidents, self.woken.append)

    def wall(self) -> datetime:
        return BEGUN + timedelta(seconds=self.seconds) + self.wall_shift

    async def start(self) -> "Ward":
        await self.database.open()
        await self.incidents.load()
        return self

    async def stop(self) -> None:
        await self.incidents.close()
        with suppress(StateUnavailable):
            await self.database.close()

    async def restart(self) -> None:
        """kill -9: what the disk had not taken is lost."""
        await self.database.close()
        self.begin()
        await self.start()

    def later(self, seconds: float) -> None:
        self.seconds += seconds

    async def fails(self, summary: str = "it hangs", subject: str = "redis") -> Changes:
        return await self.take(Status.FAIL, summary, subject)

    async def passes(self, subject: str = "redis") -> Changes:
        return await self.take(Status.PASS, "it answers", subject)

    async def take(
        self, status: Status, summary: str = "it hangs", subject: str = "redis", *, warns: bool = False
    ) -> Changes:  # fmt: skip
        finding = Finding("service.hung", subject, status, summary, f"tarsctl logs {subject}")
        return await self.incidents.take([finding], {"service.hung"} if warns else ())

    async def told(self, incident_id: int = 1) -> list[str]:
        """Its timeline on disk, a line each."""
        found = await self.ledger.get(incident_id)
        assert found is not None
        return [f"{entry.kind.value}: {entry.text}" for entry in found.entries]

    async def row(self, incident_id: int = 1) -> Incident:
        """The incident on disk, without its timeline."""
        (found,) = [it for it in await self.ledger.list(count=1000) if it.id == incident_id]
        return found

    async def rows(self) -> list[str]:
        """All incidents on disk, oldest first."""
        found = await self.ledger.list(count=1000)
        return [f"{it.id} {it.subject} {it.status.value}" for it in reversed(found)]
