"""What the services say: the newest lines of each one's log."""

import re
from collections.abc import AsyncGenerator, AsyncIterator

from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.frames import frames
from tarsd.operations.bundle.collectors.log_lines import newest
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream

MOST = 2 * 1024 * 1024
"""Bytes of one service's log."""

SILENCE = 5.0
"""Seconds between two pieces; the Engine reads a local file."""

_ODD = re.compile(r"[^a-zA-Z0-9_.-]")


def logs(docker: DockerApi, containers: Containers) -> Collector:
    """Each service's, whether it runs or not."""

    async def files(asked: Asked) -> AsyncGenerator[File, None]:
        seen: dict[str, int] = {}
        for container in await containers.all():
            name = _ODD.sub("-", container.service).lstrip(".-") or "service"
            seen[name] = number = seen.get(name, 0) + 1
            suffix = "" if number == 1 else f".{number}"
            yield File(f"logs/{name}{suffix}.log", _Log(docker, container, asked).stream)

    return Collector(
        "logs",
        "Service logs",
        "the newest lines of each service's log, without colours; what a person wrote is cut to its length",
        files,
        deadline=20.0,
        cap=16 * 1024 * 1024,
    )


class _Log:
    """The log of one container."""

    def __init__(self, docker: DockerApi, container: Container, asked: Asked) -> None:
        self._docker = docker
        self._container = container
        self._asked = asked

    def stream(self) -> Stream:
        return newest(self._pieces(), MOST)

    async def _pieces(self) -> AsyncIterator[tuple[int, bytes]]:
        query = {
            "stdout": "true",
            "stderr": "true",
            "follow": "false",
            "tail": str(self._asked.log_lines),
            "since": str(int(self._asked.since.timestamp())),
            # No "timestamps": the Engine puts them into the middle of a line, too, where it keeps it in parts.
        }
        path = f"/containers/{self._container.id}/logs"
        async with self._docker.stream("GET", path, query, silence=SILENCE) as response:
            if self._container.tty:
                async for piece in response.content.iter_any():
                    yield 0, piece
                return
            async for number, piece in frames(response.content):
                yield number, piece
