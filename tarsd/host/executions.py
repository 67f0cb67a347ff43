"""Programs run within a container that runs, with what they write read as it comes (`docker exec`)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tarsd.errors import EngineUnavailable
from tarsd.host.docker_api import RESTART, DockerApi
from tarsd.host.frames import ERRORS, frames

LAST_WORDS = 20
"""Pieces of standard error that are kept: the reason is at the end."""

END = 10.0
"""Seconds for the Engine to know how a program ended whose output has ended."""

Take = Callable[[bytes], Awaitable[None]]


class Executions:
    """Raises what DockerApi raises."""

    def __init__(self, api: DockerApi) -> None:
        self._api = api

    async def run(
        self, container_id: str, command: Sequence[str], take: Take, *, silence: float
    ) -> tuple[int, str]:
        """Run it to its end, `take` what it writes; returns its exit status and its last words on standard error.

        `silence`: the longest wait in seconds between two pieces. Left in the middle, the program ends when it next writes.
        """
        made: Mapping[str, Any] = await self._api.post(
            f"/containers/{container_id}/exec",
            body={"Cmd": list(command), "AttachStdout": True, "AttachStderr": True},
        )
        errors: deque[bytes] = deque(maxlen=LAST_WORDS)
        path = f"/exec/{made['Id']}"
        begin = {"Detach": False, "Tty": False}
        async with self._api.stream("POST", f"{path}/start", {}, begin, silence) as response:
            async for stream, piece in frames(response.content):
                if stream == ERRORS:
                    errors.append(piece[:4096])
                else:
                    await take(piece)
        status = await self._status(path)
        return status, b"".join(errors).decode(errors="replace")

    async def _status(self, path: str) -> int:
        loop = asyncio.get_running_loop()
        end = loop.time() + END
        while loop.time() < end:
            shown = await self._api.object(f"{path}/json")
            if not shown.get("Running") and shown.get("ExitCode") is not None:
                return int(shown["ExitCode"])
            await asyncio.sleep(0.1)
        raise EngineUnavailable(
            "cannot tell how a program in a container ended: the Engine does not say", fix=RESTART
        )
