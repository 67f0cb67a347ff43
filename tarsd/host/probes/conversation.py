"""A TCP connection for one question, closed whatever becomes of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tarsd.errors import ProbeFailed
from tarsd.host.probes.probe import DEADLINE, MOST_BYTES, Address, one_line, timed

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ReadSecret = Callable[[], Awaitable[str]]
"""Reads a secret when it is needed. Raises OSError where it cannot be read."""


@asynccontextmanager
async def conversation(address: Address) -> AsyncGenerator[Streams, None]:
    """The two ends of a new connection. Raises OSError; the deadline is the caller's."""
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=MOST_BYTES)
    try:
        yield reader, writer
    finally:
        # Not close(): that waits until the other side has taken what was written, for ever if it hangs.
        writer.transport.abort()


@dataclass(frozen=True)
class TcpProbe:
    """Whether a connection is taken. The weakest of answers: only for services whose protocol is not known."""

    address: Address
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._connect(), self.deadline)

    async def _connect(self) -> None:
        async with conversation(self.address):
            pass


async def secret(read: ReadSecret, address: Address) -> str:
    """The value. Raises ProbeFailed."""
    try:
        return await read()
    except (OSError, ValueError) as error:
        reason = f"its password cannot be read: {one_line(str(error))}"
        raise ProbeFailed(str(address), reason, "denied") from error
