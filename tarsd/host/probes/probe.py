"""What every probe promises: a latency or one ProbeFailed, always within its deadline."""

import asyncio
import errno
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from tarsd.errors import ProbeFailed

DEADLINE = 5.0
"""Seconds for one question. Docker's health checks get 5 to 10 (etc/stack/compose.yaml), and start a program first."""

MOST_BYTES = 64 * 1024
"""Of one answer; the longest that is expected has a few hundred."""

LONGEST_REASON = 160
"""Characters of a reason: one line on a terminal."""

CLOSED = "it closed the connection without an answer"


class Probe(Protocol):
    """One question to one service."""

    async def ask(self) -> float:
        """Latency in seconds. Raises ProbeFailed, and nothing else, within the probe's deadline."""
        ...


@dataclass(frozen=True)
class Address:
    """Where a service answers: a literal IP address, never a name, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class UnexpectedAnswer(Exception):
    """Within a probe: the answer is not of the protocol; `timed` makes a ProbeFailed of it."""


async def timed(address: Address, asking: Awaitable[None], deadline: float) -> float:
    """Seconds that `asking` took; whatever goes wrong in it is told as ProbeFailed, in one line."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await asyncio.wait_for(asking, deadline)
    except asyncio.TimeoutError as error:
        raise ProbeFailed(str(address), f"no answer within {deadline:g} s", "silent") from error
    except UnexpectedAnswer as error:
        raise ProbeFailed(str(address), one_line(str(error)), "foreign") from error
    except (EOFError, aiohttp.ServerDisconnectedError) as error:
        raise ProbeFailed(str(address), CLOSED, "closed") from error
    except OSError as error:  # aiohttp's own connection errors are of this kind, too
        raise _unreached(address, error) from error
    return loop.time() - began


def _unreached(address: Address, error: OSError) -> ProbeFailed:
    number = error.errno  # aiohttp keeps the number, not the class
    if number in (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED):
        return ProbeFailed(str(address), CLOSED, "closed")
    if number == errno.ECONNREFUSED:
        return ProbeFailed(str(address), f"nothing listens at {address}", "refused")
    if number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL):
        return ProbeFailed(str(address), f"{address} cannot be reached", "refused")
    text = error.strerror or str(error) or type(error).__name__
    return ProbeFailed(str(address), f"it cannot be asked: {one_line(text)}", "unasked")


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
