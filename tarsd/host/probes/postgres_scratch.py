"""PostgreSQL: a transaction writes a row and reads it back, and is committed without leaving anything."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address, UnexpectedAnswer
from tarsd.host.postgres import wire
from tarsd.host.postgres.scram import SaltedKeys
from tarsd.host.postgres.session import Login, ServerError, Session, signed_in
from tarsd.host.probes.postgres import why
from tarsd.host.probes.probe import DEEP_DEADLINE, ReadSecret, secret, timed

READ_ONLY = "25006"
"""SQLSTATE read_only_sql_transaction."""

ROUND_TRIP = (
    "CREATE TEMPORARY TABLE tars_home_scratch (word text) ON COMMIT DROP; "
    "INSERT INTO tars_home_scratch VALUES ('{nonce}'); "
    "SELECT word FROM tars_home_scratch"
)

RECOVERING = "SELECT pg_catalog.pg_is_in_recovery()::text"


@dataclass(frozen=True)
class PostgresScratch:
    """Read-only, without room, or in recovery, it still answers `SELECT 1`.

    The table is temporary: of a session that is cut off in the middle the server itself drops it. What it takes is one row
    each of its catalogues, and a record of its log that must reach the disk.
    """

    address: Address
    user: str
    database: str
    password: ReadSecret | None
    deadline: float = DEEP_DEADLINE
    keys: SaltedKeys | None = None

    async def ask(self) -> float:
        """See Probe."""
        return await self.within(self._write)

    async def within(self, work: Callable[[Session], Awaitable[None]]) -> float:
        """Seconds that `work` took in a session of its own. Raises ProbeFailed, and nothing else."""
        return await timed(self.address, self._talk(work), self.deadline)

    async def _talk(self, work: Callable[[Session], Awaitable[None]]) -> None:
        password = "" if self.password is None else await secret(self.password, self.address)
        login = Login(self.user, self.database, password, old_ways=True, keys=self.keys)
        try:
            async with signed_in(self.address, login) as session:
                await work(session)
        except ServerError as error:
            raise ProbeFailed(str(self.address), error.words, why(error), error.sqlstate) from error

    async def _write(self, session: Session) -> None:
        if await value(session, RECOVERING) != "false":
            words = "it is in recovery (pg_is_in_recovery), and takes no writes"
            raise ProbeFailed(str(self.address), words, "sick", READ_ONLY)
        nonce = secrets.token_hex(8)
        # It ends by itself what nobody waits for any more, such as a wait for room or for a lock.
        await session.execute(f"SET statement_timeout = {int(self.deadline * 1000)}")
        # One message is one transaction.
        if await value(session, ROUND_TRIP.format(nonce=nonce)) != nonce:
            raise UnexpectedAnswer("it gives back another value than was written")


async def value(session: Session, statement: str) -> str | None:
    """The only value of the only row, if it is one."""
    rows = await session.execute(statement)
    found = wire.only_value(rows[0]) if len(rows) == 1 else None
    return None if found is None else found.decode("utf-8", "replace")
