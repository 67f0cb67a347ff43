"""The stack's database where the server's first start was cut off before it had made it."""

import asyncio

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.conversation import Address, UnexpectedAnswer
from tarsd.host.postgres import wire
from tarsd.host.postgres.session import Login, ServerError, Session, signed_in

NO_SUCH_DATABASE, EXISTS = "3D000", "42P04"
"""SQLSTATEs."""

MAINTENANCE = "postgres"
"""The database that every server has."""

DEADLINE = 60.0
"""Seconds: a database is a copy of 40 MB and a checkpoint."""

OF_ITS_OWNER = 16384
"""FirstNormalObjectId (PostgreSQL, access/transam.h): nothing that anybody made has a lower number."""

_ANYBODYS = " UNION ALL ".join(
    f"SELECT oid FROM {catalog}"  # noqa: S608  names of this module's own
    for catalog in ("pg_database", "pg_authid", "pg_tablespace", "pg_class")
)
COUNT = f"SELECT count(*) FROM ({_ANYBODYS}) AS made WHERE oid >= {OF_ITS_OWNER}"  # noqa: S608  as above


async def create_missing(address: Address, login: Login) -> None:
    """Create `login.database`, for `login.user` is the server's superuser, where nothing of anybody's is on the server.

    Raises DatabaseRefused: the server has not proved that it knows the password, so it is not the stack's; something is
    on it, so a database that is missing was lost or dropped, and an empty one would look like health; it says no.
    Raises DatabaseUnavailable where it does not answer in time or in sense.
    """
    within = Login(login.user, MAINTENANCE, login.password)
    try:
        await asyncio.wait_for(_create(address, within, login.database), DEADLINE)
    except asyncio.TimeoutError as error:
        raise _unanswered(login, "no answer in time") from error
    except ServerError as error:
        if error.sqlstate != EXISTS:
            raise _refused(login, f"PostgreSQL says {error.words!r}") from error
    except UnexpectedAnswer as error:
        raise _unanswered(login, str(error)) from error
    except (OSError, EOFError) as error:
        raise _unanswered(login, "it closed the connection") from error


async def _create(address: Address, within: Login, name: str) -> None:
    login = Login(within.user, name, within.password)
    async with signed_in(address, within) as session:
        if not session.proved:
            raise _refused(login, "the server lets in whoever asks, so it may be anybody's")
        if await _count(session) != b"0":
            raise _refused(login, "it is missing on a server that has been used")
        quoted = name.replace('"', '""')
        await session.execute(f'CREATE DATABASE "{quoted}"')


async def _count(session: Session) -> bytes | None:
    (row,) = await session.execute(COUNT)
    return wire.only_value(row)


def _refused(login: Login, reason: str) -> DatabaseRefused:
    return DatabaseRefused(
        f"cannot make database {login.database}: {reason}",
        fix="restore a backup of it; or, to begin with an empty one: "
        f"docker exec tars-postgres-1 createdb -U {login.user} {login.database}",
    )


def _unanswered(login: Login, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"cannot make database {login.database}: {reason}", fix="tarsctl logs postgres"
    )
