"""The end of a container's log, bounded in lines, bytes and time, and without any secret."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from tarsd.host.blocking import Asker
from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi
from tarsd.host.frames import frames

MOST_BYTES = 128 * 1024
"""Of the end of a log; what is before is not looked at."""

DEADLINE = 2.0
"""Seconds; the Engine reads a local file."""

Hide = Callable[[str], str]


class LogTail:
    """`hider` gives what takes all secrets out; it blocks. Raises what DockerApi raises, OSError, asyncio.TimeoutError."""

    def __init__(self, api: DockerApi, hider: Callable[[], Hide]) -> None:
        self._api = api
        self._hider = hider
        self._asker = Asker("log-secrets")

    async def lines(
        self, container: Container, most: int, *, since: int = 0, deadline: float = DEADLINE
    ) -> Sequence[str]:
        """Its last lines on either stream, oldest first; `since`: none from before, in seconds since 1970."""
        raw = await asyncio.wait_for(self._read(container, most, since), deadline)
        if not raw:
            return ()
        hide = await self._asker.ask(self._hider, deadline)
        return hide(raw.decode(errors="replace")).splitlines()[-most:]

    async def _read(self, container: Container, most: int, since: int) -> bytes:
        query = {
            "stdout": "true",
            "stderr": "true",
            "follow": "false",
            "tail": str(most),
            "since": str(since),
        }
        kept: deque[bytes] = deque()
        size = 0
        async with self._api.stream("GET", f"/containers/{container.id}/logs", query) as response:
            pieces = (
                response.content.iter_any()
                if container.tty
                else (piece async for _, piece in frames(response.content))
            )
            async for piece in pieces:
                kept.append(piece)
                size += len(piece)
                while size - len(kept[0]) > MOST_BYTES:
                    size -= len(kept.popleft())
        return b"".join(kept)
