"""PostgreSQL: sign in as a client does, run `SELECT 1`, say goodbye."""

import asyncio
import hashlib
from dataclasses import dataclass

from tarsd.errors import ProbeFailed, Why
from tarsd.host.probes import postgres_wire as wire
from tarsd.host.probes.conversation import ReadSecret, conversation, secret
from tarsd.host.probes.probe import DEADLINE, Address, UnexpectedAnswer, one_line, timed
from tarsd.host.probes.scram import MECHANISM, ClientFirst, new_nonce

_OK, _CLEARTEXT, _MD5, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 3, 5, 10, 11, 12

_WHY: dict[str, Why] = {"57P03": "starting", "28P01": "denied", "28000": "denied"}
"""By SQLSTATE (PostgreSQL's appendix "Error Codes"); 57P03 is cannot_connect_now: starting up, shutting down, recovering."""


@dataclass(frozen=True)
class PostgresProbe:
    """Whether the server lets the user in and answers a query.

    To be asked only while the service's container runs: whoever else listened there could ask for the password in clear.
    """

    address: Address
    user: str
    database: str
    password: ReadSecret | None
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._talk(), self.deadline)

    async def _talk(self) -> None:
        password = "" if self.password is None else await secret(self.password, self.address)
        async with conversation(self.address) as (reader, writer):
            session = _Session(self, wire.Backend(reader), writer, password)
            await session.sign_in()
            await session.select_one()
            writer.write(wire.TERMINATE)  # or the server's log has a line about each probe


class _Session:
    """One connection."""

    def __init__(
        self,
        probe: PostgresProbe,
        backend: wire.Backend,
        writer: asyncio.StreamWriter,
        password: str,
    ) -> None:
        self._probe = probe
        self._backend = backend
        self._writer = writer
        self._password = password

    async def sign_in(self) -> None:
        """Until the server says that it is done with authentication."""
        self._writer.write(
            wire.startup(
                {
                    "user": self._probe.user,
                    "database": self._probe.database,
                    "application_name": "tarsd",
                    "client_encoding": "UTF8",
                }
            )
        )
        while True:
            content = await self._expect(b"R")
            asked, rest = wire.number(content), content[4:]
            if asked == _OK:
                return
            if asked == _SASL:
                await self._scram(rest)
            elif asked == _CLEARTEXT:
                self._writer.write(wire.password(self._password.encode() + b"\0"))
            elif asked == _MD5:
                digest = _md5(self._probe.user, self._password, rest[:4])
                self._writer.write(wire.password(digest + b"\0"))
            else:
                raise UnexpectedAnswer(f"it asks for an authentication that is not known: {asked}")

    async def select_one(self) -> None:
        """The query and its one row. Raises UnexpectedAnswer."""
        await self._expect(b"Z")
        self._writer.write(wire.query("SELECT 1"))
        row = await self._expect(b"D")
        if wire.only_value(row) != b"1":
            raise UnexpectedAnswer("it answers SELECT 1 with something else")
        await self._expect(b"Z")

    async def _scram(self, mechanisms: bytes) -> None:
        if MECHANISM.encode() not in mechanisms.split(b"\0"):
            offered = one_line(mechanisms.replace(b"\0", b" "))
            raise UnexpectedAnswer(f"it offers no {MECHANISM}, but {offered}")
        first = ClientFirst(new_nonce())
        self._writer.write(wire.sasl_begin(MECHANISM, first.message()))
        final = await first.answer(await self._sasl(_SASL_CONTINUE), self._password)
        self._writer.write(wire.password(final.message()))
        final.verify(await self._sasl(_SASL_FINAL))

    async def _sasl(self, expected: int) -> bytes:
        content = await self._expect(b"R")
        if wire.number(content) != expected:
            raise UnexpectedAnswer("it ends SCRAM without having proved that it knows the password")
        return content[4:]

    async def _expect(self, wanted: bytes) -> bytes:
        """The content of the next message of that type; those that only inform are passed over."""
        while True:
            kind, content = await self._backend.next()
            if kind == wanted:
                return content
            if kind == b"E":
                raise self._refusal(content)
            if kind not in b"SKNTCv":
                raise UnexpectedAnswer(f"it sends a PostgreSQL message out of turn: {kind!r}")

    def _refusal(self, content: bytes) -> ProbeFailed:
        fields = wire.error_fields(content)
        said = one_line(fields.get("M", b"an error without a message"), hide=self._password)
        code = fields.get("C", b"").decode("ascii", "replace")
        return ProbeFailed(str(self._probe.address), said, _WHY.get(code, "sick"))


def _md5(user: str, password: str, salt: bytes) -> bytes:
    """PostgreSQL's own; it is what an old server asks for, not a choice made here."""
    inner = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
    outer = hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()
    return b"md5" + outer.encode()
