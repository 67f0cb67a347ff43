"""The password of the stack's one role in PostgreSQL: whether it is taken, and how it is replaced.

Over the published loopback port, as a real user comes in: `psql` within the container is trusted without a password,
and would need it in an argument or in the environment.
"""

import asyncio
from collections.abc import Callable

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.conversation import LOOPBACK, Address, UnexpectedAnswer
from tarsd.host.postgres.scram import verifier
from tarsd.host.postgres.session import Login, NoCommonWay, ServerError, signed_in

ROLE = "tars"
"""And the database's name (compose.yaml)."""

DEADLINE = 15.0
"""Seconds for signing in and one statement."""

LOOK = "tarsctl status; tarsctl start postgres"

_WRONG_PASSWORD = "28P01"  # noqa: S105  an SQLSTATE
_NOT_YET = ("57P03", "57P01", "53300")
"""SQLSTATEs: starting or stopping, shut down, too many clients."""


class Postgres:
    """Raises DatabaseUnavailable where nobody answers yet or in sense, DatabaseRefused where it says no."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    async def accepts(self, password: str) -> bool:
        """Whether one can sign in with it; always, on a server that the owner made to trust everybody."""
        try:
            await self._run(password, None)
        except DatabaseRefused as error:
            if error.details.get("sqlstate") == _WRONG_PASSWORD:
                return False
            raise
        return True

    async def set_password(self, password: str, new: str) -> None:
        """Sign in with `password` and make `new` the role's password. Only its SCRAM verifier is sent."""
        kept = await asyncio.to_thread(verifier, new)
        await self._run(password, f"ALTER ROLE \"{ROLE}\" PASSWORD '{kept}'")

    async def _run(self, password: str, statement: str | None) -> None:
        address = Address(LOOPBACK, self._port())
        try:
            await asyncio.wait_for(_talk(address, password, statement), DEADLINE)
        except asyncio.TimeoutError as error:
            raise _unreached(address, "no answer in time") from error
        except ServerError as error:
            raise _said_no(error) from error
        except NoCommonWay as error:
            raise DatabaseRefused(
                f"cannot sign in to PostgreSQL: it asks for a way ({error.way}) that tarsd does not know",
                fix="let pg_hba.conf ask for scram-sha-256",
            ) from error
        except UnexpectedAnswer as error:
            raise _unreached(address, f"it does not speak as PostgreSQL does: {error}") from error
        except (OSError, EOFError) as error:
            words = getattr(error, "strerror", None) or "it closed the connection"
            raise _unreached(address, words) from error


async def _talk(address: Address, password: str, statement: str | None) -> None:
    async with signed_in(address, Login(ROLE, ROLE, password)) as session:
        if statement is not None:
            await session.execute(statement)


def _said_no(error: ServerError) -> DatabaseRefused | DatabaseUnavailable:
    if error.sqlstate in _NOT_YET:
        return DatabaseUnavailable(f"cannot use PostgreSQL yet: it says {error.words!r}", fix=LOOK)
    return DatabaseRefused(
        f"cannot use PostgreSQL: it says {error.words!r}",
        fix="tarsctl logs postgres",
        details={"sqlstate": error.sqlstate},
    )


def _unreached(address: Address, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"cannot reach PostgreSQL at {address}: {reason}", fix=LOOK)
