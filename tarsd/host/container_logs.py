"""What the logs of containers may grow to, and how large they are."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.errors import EngineRefused
from tarsd.host.blocking import Asker
from tarsd.host.containers import PROJECT_LABEL, SERVICE_LABEL
from tarsd.host.docker_api import DockerApi

DEADLINE = 3.0
"""Seconds for the sizes of all files together."""

AT_ONCE = 8
"""Containers that are inspected side by side: an Engine that looks into a hundred at once keeps others waiting."""


@dataclass(frozen=True)
class ContainerLog:
    """`limited`: whether its driver drops what is old; `size` in bytes, None where nobody can tell."""

    name: str
    project: str | None
    service: str
    driver: str
    limited: bool
    size: int | None = None


class ContainerLogs:
    """Asks the Engine for each container, running or not, and the file system for its log."""

    def __init__(self, docker: DockerApi) -> None:
        self._docker = docker
        self._asker = Asker("container logs")

    async def all(self) -> list[ContainerLog]:
        """By name. A disk that does not answer costs the sizes only. Raises what DockerApi raises."""
        rows = await self._docker.objects("/containers/json", {"all": "true"})
        places = asyncio.Semaphore(AT_ONCE)

        async def look(container: str) -> Mapping[str, Any] | None:
            async with places:
                return await self._inspect(container)

        found = await asyncio.gather(*(look(str(row.get("Id"))) for row in rows))
        inspected = [it for it in found if it is not None]
        sizes = await self._sizes([str(it.get("LogPath") or "") for it in inspected])
        logs = [_log(it, size) for it, size in zip(inspected, sizes, strict=True)]
        return sorted(logs, key=lambda it: it.name)

    async def _inspect(self, container: str) -> Mapping[str, Any] | None:
        try:
            return await self._docker.object(f"/containers/{container}/json")
        except EngineRefused as error:
            if error.details.get("status") == 404:  # removed between list and inspect
                return None
            raise

    async def _sizes(self, paths: Sequence[str]) -> Sequence[int | None]:
        try:
            return await self._asker.ask(lambda: [_size(path) for path in paths], DEADLINE)
        except asyncio.TimeoutError:
            return [None] * len(paths)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size if path else None  # noqa: PTH116
    except OSError:
        return None


def _log(raw: Mapping[str, Any], size: int | None) -> ContainerLog:
    host: Mapping[str, Any] = raw.get("HostConfig") or {}
    config: Mapping[str, Any] = host.get("LogConfig") or {}
    options: Mapping[str, str] = config.get("Config") or {}
    own: Mapping[str, Any] = raw.get("Config") or {}
    labels: Mapping[str, str] = own.get("Labels") or {}
    name = str(raw.get("Name") or raw.get("Id")).lstrip("/")
    driver = str(config.get("Type") or "json-file")
    return ContainerLog(
        name=name,
        project=labels.get(PROJECT_LABEL),
        service=labels.get(SERVICE_LABEL, name),
        driver=driver,
        limited=driver != "json-file" or is_limit(options.get("max-size")),
        size=size,
    )


def is_limit(size: str | None) -> bool:
    """Whether it is a size at all; the Engine takes -1, or none, for no limit (moby, jsonfilelog)."""
    return bool(size) and not str(size).startswith("-")
