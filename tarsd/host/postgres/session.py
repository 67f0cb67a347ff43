"""One connection to PostgreSQL: sign in as a client does, run a statement, say goodbye."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tarsd.host.conversation import Address, Streams, UnexpectedAnswer, conversation, one_line
from tarsd.host.postgres import wire
from tarsd.host.postgres.scram import MECHANISM, ClientFirst, SaltedKeys, new_nonce

_OK, _CLEARTEXT, _MD5, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 3, 5, 10, 11, 12


@dataclass(frozen=True)
class Login:
    """Who comes in. `old_ways`: the password may be given in clear or as MD5, too, should the server ask for that.

    `keys`: what was derived from the password before, for who comes often.
    """

    user: str
    database: str
    password: str = field(repr=False)
    old_ways: bool = False
    keys: SaltedKeys | None = field(default=None, repr=False)


class ServerError(Exception):
    """PostgreSQL says no: its SQLSTATE (its documentation, "Error Codes"), and its words in one line."""

    def __init__(self, sqlstate: str, words: str) -> None:
        super().__init__(f"{sqlstate}: {words}")
        self.sqlstate = sqlstate
        self.words = words


class NoCommonWay(UnexpectedAnswer):
    """It asks for a way to sign in that is not known here, or not wanted; `way` is its number in the protocol."""

    def __init__(self, way: int, words: str) -> None:
        super().__init__(words)
        self.way = way


@asynccontextmanager
async def signed_in(address: Address, login: Login) -> AsyncGenerator["Session", None]:
    """A session that the server has let in.

    Raises ServerError, NoCommonWay, UnexpectedAnswer, EOFError, OSError; the deadline is the caller's.
    """
    async with conversation(address) as streams:
        session = Session(streams, login)
        await session.sign_in()
        yield session
        session.end()


class Session:
    """Where it raises, the connection is of no use any more."""

    def __init__(self, streams: Streams, login: Login) -> None:
        reader, self._writer = streams
        self._backend = wire.Backend(reader)
        self._login = login
        self.proved = False
        """Whether the server has proved that it knows the password, too."""

    async def sign_in(self) -> None:
        """Until the server says that it is ready. It may ask one question, not a second and weaker one after it."""
        names = {
            "user": self._login.user,
            "database": self._login.database,
            "application_name": "tarsd",
            "client_encoding": "UTF8",
        }
        self._writer.write(wire.startup(names))
        asked, content = await self._asked()
        if asked != _OK:
            await self._prove(asked, content)
            if (await self._asked())[0] != _OK:
                raise UnexpectedAnswer("it asks for the password once more")
        await self._expect(b"Z")

    async def execute(self, statement: str) -> list[bytes]:
        """The rows (DataRow) that a statement gives."""
        self._writer.write(wire.query(statement))
        rows: list[bytes] = []
        while True:
            kind, content = await self._next(b"DZ")
            if kind == b"Z":
                return rows
            rows.append(content)

    def end(self) -> None:
        """Say goodbye, or the server's log has a line about each session."""
        self._writer.write(wire.TERMINATE)

    async def _prove(self, asked: int, content: bytes) -> None:
        login = self._login
        if asked == _SASL:
            await self._scram(content)
        elif asked == _CLEARTEXT and login.old_ways:
            self._writer.write(wire.password(login.password.encode() + b"\0"))
        elif asked == _MD5 and login.old_ways:
            digest = _md5(login.user, login.password, content[:4])
            self._writer.write(wire.password(digest + b"\0"))
        elif asked in (_SASL_CONTINUE, _SASL_FINAL):
            raise UnexpectedAnswer("it goes on with SCRAM before it has begun")
        else:
            raise NoCommonWay(asked, f"it asks for an authentication that is not known: {asked}")

    async def _scram(self, mechanisms: bytes) -> None:
        if MECHANISM.encode() not in mechanisms.split(b"\0"):
            offered = one_line(mechanisms.replace(b"\0", b" "))
            raise NoCommonWay(_SASL, f"it offers no {MECHANISM}, but {offered}")
        first = ClientFirst(new_nonce())
        self._writer.write(wire.sasl_begin(MECHANISM, first.message()))
        asked = await self._sasl(_SASL_CONTINUE)
        final = await first.answer(asked, self._login.password, self._login.keys)
        self._writer.write(wire.password(final.message()))
        final.verify(await self._sasl(_SASL_FINAL))
        self.proved = True

    async def _sasl(self, expected: int) -> bytes:
        asked, content = await self._asked()
        if asked != expected:
            raise UnexpectedAnswer("it ends SCRAM without having proved that it knows the password")
        return content

    async def _asked(self) -> tuple[int, bytes]:
        """A question of the sign-in: its number, and what belongs to it."""
        content = await self._expect(b"R")
        return wire.number(content), content[4:]

    async def _expect(self, wanted: bytes) -> bytes:
        return (await self._next(wanted))[1]

    async def _next(self, wanted: bytes) -> tuple[bytes, bytes]:
        """The next message of those types; those that only inform are passed over."""
        while True:
            kind, content = await self._backend.next()
            if kind in wanted:
                return kind, content
            if kind == b"E":
                raise self._error(content)
            if kind not in b"SKNTCv":
                raise UnexpectedAnswer(f"it sends a PostgreSQL message out of turn: {kind!r}")

    def _error(self, content: bytes) -> ServerError:
        fields = wire.error_fields(content)
        said = one_line(fields.get("M", b"an error without a message"), hide=self._login.password)
        return ServerError(one_line(fields.get("C", b""))[:5], said)


def _md5(user: str, password: str, salt: bytes) -> bytes:
    """PostgreSQL's own; it is what an old server asks for, not a choice made here."""
    inner = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
    outer = hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()
    return b"md5" + outer.encode()
