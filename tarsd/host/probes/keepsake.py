"""A word that is left with a service before a restart and asked for after it: whether what it takes in stays."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import UnexpectedAnswer
from tarsd.host.postgres.session import Session
from tarsd.host.probes.chroma_scratch import ChromaScratch
from tarsd.host.probes.postgres_scratch import PostgresScratch, value
from tarsd.host.probes.probe import Probe, timed
from tarsd.host.probes.redis_scratch import PREFIX, RedisScratch
from tarsd.host.probes.redis_session import signed_in

KEPT = 6 * 3600 * 1000
"""Milliseconds after which Redis itself forgets the word, should nobody be there to take it back."""

KEY = f"{PREFIX}kept"

LEAVE = (
    "DROP TABLE IF EXISTS tars_home_scratch_kept; "
    "CREATE TABLE tars_home_scratch_kept (word text); "
    "INSERT INTO tars_home_scratch_kept VALUES ('{word}')"
)
THERE = "SELECT pg_catalog.to_regclass('tars_home_scratch_kept')::text"
READ = "SELECT word FROM tars_home_scratch_kept"
FORGET = "DROP TABLE IF EXISTS tars_home_scratch_kept"

LOST = "what it took in before the restart is gone"


class Keepsake(Protocol):
    """Each raises ProbeFailed, and nothing else, within the deadline of the service's scratch task."""

    async def leave(self, word: str) -> None:
        """Write it, over an earlier one."""
        ...

    async def find(self, word: str) -> None:
        """Read it. Raises ProbeFailed where it is another one, or none."""
        ...

    async def forget(self) -> None:
        """Delete it, if it is there."""
        ...


def keepsake(task: Probe | None) -> Keepsake | None:
    """Through a service's scratch task; None for a service that is given nothing to keep."""
    if isinstance(task, RedisScratch):
        return RedisKeepsake(task)
    if isinstance(task, PostgresScratch):
        return PostgresKeepsake(task)
    return ChromaKeepsake(task) if isinstance(task, ChromaScratch) else None


@dataclass(frozen=True)
class RedisKeepsake:
    """A key."""

    at: RedisScratch

    async def leave(self, word: str) -> None:
        """See Keepsake."""
        await self._say("+OK", "SET", KEY, word, "PX", str(KEPT))

    async def find(self, word: str) -> None:
        """See Keepsake."""
        try:
            await self._say(f"${word}", "GET", KEY)
        except ProbeFailed as error:
            if error.why != "foreign":
                raise
            raise ProbeFailed(str(self.at.address), LOST, "sick") from error

    async def forget(self) -> None:
        """See Keepsake."""
        # DEL says how many there were; this says the same whether there was one or not.
        await self._say("+OK", "SET", KEY, "-", "PX", "1")

    async def _say(self, answer: str, *words: str) -> None:
        async def talk() -> None:
            async with signed_in(self.at.address, self.at.password) as session:
                await session.expect(answer, *words)

        await timed(self.at.address, talk(), self.at.deadline)


@dataclass(frozen=True)
class PostgresKeepsake:
    """A row of a table of its own."""

    at: PostgresScratch

    async def leave(self, word: str) -> None:
        """See Keepsake; `word` is letters and digits."""
        assert word.isalnum()  # it stands in a statement

        async def work(session: Session) -> None:
            await session.execute(LEAVE.format(word=word))

        await self.at.within(work)

    async def find(self, word: str) -> None:
        """See Keepsake."""

        async def work(session: Session) -> None:
            there = await value(session, THERE)
            if there is None or await value(session, READ) != word:
                raise ProbeFailed(str(self.at.address), LOST, "sick")

        await self.at.within(work)

    async def forget(self) -> None:
        """See Keepsake."""

        async def work(session: Session) -> None:
            await session.execute(FORGET)

        await self.at.within(work)


@dataclass(frozen=True)
class ChromaKeepsake:
    """A document in a collection of its own."""

    at: ChromaScratch

    async def leave(self, word: str) -> None:
        """See Keepsake."""
        await self._within(self.at.keep(word))

    async def find(self, word: str) -> None:
        """See Keepsake."""

        async def work() -> None:
            try:
                found = await self.at.kept()
            except UnexpectedAnswer:
                found = None
            if found != word:
                raise ProbeFailed(str(self.at.address), LOST, "sick")

        await self._within(work())

    async def forget(self) -> None:
        """See Keepsake."""
        await self._within(self.at.drop())

    async def _within(self, work: Awaitable[None]) -> None:
        await timed(self.at.address, work, self.at.deadline)
