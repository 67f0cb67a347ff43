"""A TCP connection for one question, closed whatever becomes of it; and what is kept of a stranger's answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

MOST_BYTES = 64 * 1024
"""Of one answer; the longest that is expected has a few hundred."""

LONGEST_REASON = 160
"""Characters of a reason: one line on a terminal."""

LOOPBACK = "127.0.0.1"
"""Where the stack's ports are published."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Address:
    """Where a service answers: a literal IP address, never a name, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class UnexpectedAnswer(Exception):
    """The answer is not of the protocol; in words that follow "it"."""


@asynccontextmanager
async def conversation(address: Address) -> AsyncGenerator[Streams, None]:
    """The two ends of a new connection. Raises OSError; the deadline is the caller's."""
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=MOST_BYTES)
    try:
        yield reader, writer
    finally:
        # Not close(): that waits until the other side has taken what was written, for ever if it hangs.
        writer.transport.abort()


def one_line(words: str | bytes, hide: str | None = None) -> str:
    """A stranger's words, fit to be shown: one line, nothing a terminal obeys, cut to LONGEST_REASON.

    `hide` is a secret that the stranger was given and may have repeated.
    """
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if hide:
        text = text.replace(hide, "[secret]")
    shown = "".join(
        letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST_REASON]
    )
    return " ".join(shown.split())[:LONGEST_REASON]
