"""Redis's own protocol: RESP 2, as redis.io's "Redis serialization protocol specification" has it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tarsd.errors import ProbeFailed, Why
from tarsd.host.conversation import (
    MOST_BYTES,
    Address,
    Streams,
    UnexpectedAnswer,
    conversation,
    one_line,
)
from tarsd.host.probes.probe import ReadSecret, secret

_WHY: dict[str, Why] = {
    "LOADING": "starting",
    "NOAUTH": "denied",
    "WRONGPASS": "denied",
    "NOPERM": "denied",
    "DENIED": "denied",
}
"""First word of an error; any other (MISCONF, OOM, READONLY, ERR) is of a server that does not do its work."""


class Session:
    """A connection on which commands are sent, one at a time. `hide`: the password, which the server may repeat."""

    def __init__(self, address: Address, streams: Streams, hide: str | None) -> None:
        self._address = address
        self._reader, self._writer = streams
        self._hide = hide

    async def expect(self, answer: str, *words: str) -> None:
        """Send a command, and have this answer: a status with `+` before it, a number with `:`, a text with `$`.

        Raises ProbeFailed with Redis's own word as its code, UnexpectedAnswer, EOFError.
        """
        self._writer.write(_command(*words))
        line = await self._line()
        said = one_line(line[1:], hide=self._hide)
        if line[:1] == b"-":
            raise _refused(self._address, said)
        found = line[:1].decode("latin-1") + said
        if line[:1] == b"$" and line[1:-2].isdigit():
            found = "$" + await self._text(int(line[1:-2]))
        if found != answer:
            begin = one_line(line, hide=self._hide)[:40]
            raise UnexpectedAnswer(f"it does not speak Redis's protocol: {begin!r}")

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            raise UnexpectedAnswer("it does not speak Redis's protocol: endless line") from error

    async def _text(self, length: int) -> str:
        if length > MOST_BYTES:
            raise UnexpectedAnswer(f"it answers with more than {MOST_BYTES // 1024} KiB")
        return (await self._reader.readexactly(length + 2))[:-2].decode("utf-8", "replace")


@asynccontextmanager
async def signed_in(address: Address, password: ReadSecret | None) -> AsyncGenerator[Session, None]:
    """A session that the server has let in; `password` is read now. Raises ProbeFailed, OSError, and as `expect` does.

    To be begun only while the service's container runs: whoever else listened there would be given the password.
    """
    known = None if password is None else await secret(password, address)
    async with conversation(address) as streams:
        session = Session(address, streams, known)
        if known is not None:
            await session.expect("+OK", "AUTH", known)
        yield session


def _refused(address: Address, said: str) -> ProbeFailed:
    words = said or "it answers with an error that says nothing"
    code = said.partition(" ")[0]
    # To AUTH without a password set: "ERR AUTH <password> called without any password configured ...".
    why: Why = "denied" if "AUTH" in said[:20] else _WHY.get(code, "sick")
    return ProbeFailed(str(address), words, why, code)


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    sized = (b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"*%d\r\n%s" % (len(parts), b"".join(sized))
