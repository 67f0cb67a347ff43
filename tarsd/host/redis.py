"""One question to Redis, in its own protocol and over the published loopback port: does it take this password?"""

import asyncio
from collections.abc import Callable

from tarsd.errors import DatabaseUnavailable

DEADLINE = 5.0
"""Seconds from connecting to the answer."""


class Redis:
    """The stack's Redis."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    async def accepts(self, password: str) -> bool:
        """Whether it does. Raises DatabaseUnavailable where it gives no answer in time or none of Redis."""
        try:
            said = await asyncio.wait_for(self._ask(password), DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            reason = getattr(error, "strerror", None) or "no answer in time"
            raise self._unreached(reason) from error
        if said.startswith(b"+OK"):
            return True
        if said.startswith(b"-WRONGPASS"):
            return False
        raise self._unreached(f"it says {said.decode(errors='replace').strip()[:80]!r}")

    async def _ask(self, password: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port())
        try:
            raw = password.encode()
            writer.write(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(raw), raw))
            return await reader.readline()
        finally:
            writer.close()

    def _unreached(self, reason: str) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"cannot ask Redis at 127.0.0.1:{self._port()}: {reason}",
            fix="tarsctl status; tarsctl start redis",
        )
