"""What the model server has found to compute on when it started, by the line `inference compute` of its log."""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import timedelta

from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi

WITHIN = timedelta(minutes=3)
"""After its start; the search for cards takes up to half a minute."""

DEADLINE = 5.0

LINES = 2000
"""The last ones that are looked through for questions that were turned away."""

LARGEST = 256 * 1024

_LINE = re.compile(r'msg="?inference compute"?.*?\blibrary="?(?P<library>[A-Za-z0-9_-]+)"?')


def libraries(log: str) -> tuple[str, ...]:
    """Of each line, in lower case: `cuda`, `rocm`, `cpu`, ..."""
    return tuple(found["library"].lower() for found in _LINE.finditer(log))


class OllamaLog:
    """Reads the beginning of each start once, and the last minutes when it is asked to."""

    def __init__(self, docker: DockerApi) -> None:
        self._docker = docker
        self._known: tuple[str, tuple[str, ...]] | None = None

    async def found(self, container: Container) -> tuple[str, ...]:
        """What this start has found, the newest word of each card; none where it does not say.

        Raises EngineUnavailable, EngineRefused, asyncio.TimeoutError.
        """
        start = f"{container.id} {container.started}"
        if self._known is not None and self._known[0] == start:
            return self._known[1]
        told = libraries(await asyncio.wait_for(self._beginning(container), DEADLINE))
        if told:  # one that says nothing yet is asked again
            self._known = start, told
        return told

    async def turned_away(self, container: Container, seconds: float) -> int:
        """How many questions it has answered with `server busy` (503) lately. Raises as `found` does."""
        span = {"since": f"{time.time() - seconds:.3f}", "tail": str(LINES)}
        log = await asyncio.wait_for(self._read(container, span), DEADLINE)
        return len(re.findall(r"\[GIN\][^\n]*\|\s*503\s*\|", log))

    async def _beginning(self, container: Container) -> str:
        if container.started is None:
            return ""
        begin, end = container.started, container.started + WITHIN
        span = {"since": f"{begin.timestamp():.3f}", "until": f"{end.timestamp():.3f}"}
        return await self._read(container, span)

    async def _read(self, container: Container, span: Mapping[str, str]) -> str:
        query = {"stdout": "true", "stderr": "true", **span}
        kept = bytearray()
        path = f"/containers/{container.id}/logs"
        async with self._docker.stream("GET", path, query, silence=DEADLINE) as response:
            async for chunk in response.content.iter_any():
                kept += chunk
                if len(kept) > LARGEST:
                    break
        return kept.decode(errors="replace")
