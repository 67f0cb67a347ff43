"""Redis: AUTH and PING in its own protocol (RESP 2, as redis.io's "Redis serialization protocol specification" has it)."""

import asyncio
from dataclasses import dataclass

from tarsd.errors import ProbeFailed, Why
from tarsd.host.conversation import Address, UnexpectedAnswer, conversation, one_line
from tarsd.host.probes.probe import DEADLINE, ReadSecret, secret, timed

_WHY: dict[str, Why] = {
    "LOADING": "starting",
    "NOAUTH": "denied",
    "WRONGPASS": "denied",
    "NOPERM": "denied",
    "DENIED": "denied",
}
"""First word of an error; any other (MISCONF, BUSY, MASTERDOWN, ERR) is of a server that does not do its work."""


@dataclass(frozen=True)
class RedisProbe:
    """Whether Redis takes the password and answers a PING, which it refuses while it loads or cannot save.

    To be asked only while the service's container runs: whoever else listened there would be given the password.
    """

    address: Address
    password: ReadSecret | None
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._talk(), self.deadline)

    async def _talk(self) -> None:
        password = None
        if self.password is not None:
            password = await secret(self.password, self.address)
        async with conversation(self.address) as (reader, writer):
            if password is not None:
                writer.write(_command("AUTH", password))
                await self._reply(reader, "OK", password)
            writer.write(_command("PING"))
            await self._reply(reader, "PONG", password)

    async def _reply(
        self, reader: asyncio.StreamReader, expected: str, password: str | None
    ) -> None:
        try:
            line = await reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            raise UnexpectedAnswer("it does not speak Redis's protocol: endless line") from error
        said = one_line(line[1:], hide=password)
        if line[:1] == b"-":
            words = said or "it answers with an error that says nothing"
            raise ProbeFailed(str(self.address), words, _why(said))
        if line[:1] != b"+" or said != expected:
            begin = one_line(line, hide=password)[:40]
            raise UnexpectedAnswer(f"it does not speak Redis's protocol: {begin!r}")


def _why(said: str) -> Why:
    # To AUTH without a password set: "ERR AUTH <password> called without any password configured ...".
    return "denied" if "AUTH" in said[:20] else _WHY.get(said.partition(" ")[0], "sick")


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    sized = (b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"*%d\r\n%s" % (len(parts), b"".join(sized))
