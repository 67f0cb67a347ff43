"""PostgreSQL's wire protocol, as much of it as one role's password takes: sign in, and set it.

Over the published loopback port, as a real user comes in: `psql` within the container is trusted without a password,
and would need it in an argument or in the environment.
"""

import asyncio
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.scram import Scram, ScramError, verifier

ROLE = "tars"
"""And the database's name (compose.yaml)."""

DEADLINE = 15.0
"""Seconds for signing in and one statement."""

LONGEST = 1 << 20
"""Bytes of one message; those that come here have some hundred."""

_PROTOCOL = 3 << 16
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
            async with self._signed_in(password):
                return True
        except DatabaseRefused as error:
            if error.details.get("sqlstate") == _WRONG_PASSWORD:
                return False
            raise

    async def set_password(self, password: str, new: str) -> None:
        """Sign in with `password` and make `new` the role's password. Only its SCRAM verifier is sent."""
        async with self._signed_in(password) as session:
            await session.execute(f"ALTER ROLE \"{ROLE}\" PASSWORD '{verifier(new)}'")

    @asynccontextmanager
    async def _signed_in(self, password: str) -> AsyncGenerator["_Session", None]:
        place = f"127.0.0.1:{self._port()}"
        session: _Session | None = None
        try:
            connecting = asyncio.open_connection("127.0.0.1", self._port(), limit=LONGEST)
            session = _Session(*await asyncio.wait_for(connecting, DEADLINE))
            await asyncio.wait_for(session.sign_in(password), DEADLINE)
            yield session
        except asyncio.TimeoutError as error:
            raise _unreached(place, "no answer in time") from error
        except (OSError, EOFError) as error:  # EOFError: it closed the connection
            words = getattr(error, "strerror", None) or "it closed the connection"
            raise _unreached(place, words) from error
        except (ScramError, ValueError, struct.error) as error:
            raise _unreached(place, f"it does not speak as PostgreSQL does: {error}") from error
        finally:
            if session is not None:
                session.close()


class _Session:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def close(self) -> None:
        self._writer.close()

    async def sign_in(self, password: str) -> None:
        names = f"user\0{ROLE}\0database\0{ROLE}\0application_name\0tars-home\0\0".encode()
        self._writer.write(struct.pack("!ii", len(names) + 8, _PROTOCOL) + names)
        await self._authenticate(Scram(password))
        await self._until_ready()

    async def execute(self, statement: str) -> None:
        self._send(b"Q", statement.encode() + b"\0")
        await asyncio.wait_for(self._until_ready(), DEADLINE)

    async def _authenticate(self, scram: Scram) -> None:
        while True:
            kind, body = await self._receive()
            if kind != b"R":
                continue
            (code,) = struct.unpack_from("!i", body)
            if code == 0:
                return
            if code == 10 and b"SCRAM-SHA-256" in body[4:].split(b"\0"):
                first = scram.first.encode()
                self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
            elif code == 11:
                self._send(b"p", scram.second(body[4:].decode()).encode())
            elif code == 12:
                scram.check(body[4:].decode())
            else:
                raise DatabaseRefused(
                    f"cannot sign in to PostgreSQL: it asks for a way ({code}) that tarsd does not know",
                    fix="let pg_hba.conf ask for scram-sha-256",
                )

    async def _until_ready(self) -> None:
        while (await self._receive())[0] != b"Z":
            pass

    def _send(self, kind: bytes, body: bytes) -> None:
        self._writer.write(kind + struct.pack("!i", len(body) + 4) + body)

    async def _receive(self) -> tuple[bytes, bytes]:
        """The next message. Raises what an error message means."""
        kind, size = struct.unpack("!ci", await self._reader.readexactly(5))
        if not 4 <= size <= LONGEST:
            raise ValueError(f"a message of {size} bytes")
        body = await self._reader.readexactly(size - 4)
        if kind == b"E":
            raise _error(body)
        return kind, body


def _error(body: bytes) -> DatabaseRefused | DatabaseUnavailable:
    parts = body.decode(errors="replace").split("\0")
    fields = {part[:1]: part[1:] for part in parts if part}
    state, said = fields.get("C", ""), fields.get("M", "no reason given")
    if state in _NOT_YET:
        return DatabaseUnavailable(f"cannot use PostgreSQL yet: it says {said!r}", fix=LOOK)
    return DatabaseRefused(
        f"cannot use PostgreSQL: it says {said!r}",
        fix="tarsctl logs postgres",
        details={"sqlstate": state},
    )


LOOK = "tarsctl status; tarsctl start postgres"


def _unreached(place: str, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"cannot reach PostgreSQL at {place}: {reason}", fix=LOOK)
