"""What every probe promises: a latency or one ProbeFailed, always within its deadline."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiohttp

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address, UnexpectedAnswer, one_line

DEADLINE = 5.0
"""Seconds for one question. Docker's health checks get 5 to 10 (etc/stack/compose.yaml), and start a program first."""

DEEP_DEADLINE = 10.0
"""Seconds for a whole task of the service's own; it takes milliseconds, or as long as its disk makes it wait."""

CLOSED = "it closed the connection before it had answered"

ReadSecret = Callable[[], Awaitable[str]]
"""Reads a secret when it is needed. Raises OSError where it cannot be read, TimeoutError where the disk does not answer."""


class Probe(Protocol):
    """One question to one service."""

    async def ask(self) -> float:
        """Latency in seconds. Raises ProbeFailed, and nothing else, within the probe's deadline."""
        ...


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


async def secret(read: ReadSecret, address: Address) -> str:
    """The value. Raises ProbeFailed."""
    try:
        return await read()
    except asyncio.TimeoutError as error:
        reason = "its password cannot be read: the disk does not answer"
        raise ProbeFailed(str(address), reason, "unasked") from error
    except (OSError, ValueError) as error:
        reason = f"its password cannot be read: {one_line(str(error))}"
        raise ProbeFailed(str(address), reason, "denied") from error
