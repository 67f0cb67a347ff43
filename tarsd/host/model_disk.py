"""Where the model server keeps its models, and how much room is left there."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.host import disk
from tarsd.host.containers import Containers
from tarsd.host.disk import Disk
from tarsd.host.docker_api import DockerApi, misunderstood

DIRECTORY = "/root/.ollama"
"""In the container: where `etc/stack/compose.yaml` mounts the volume."""

DEADLINE = 5.0
"""Seconds for a local file system to answer."""


class ModelDisk:
    """Raises what DockerApi raises."""

    def __init__(self, docker: DockerApi, containers: Containers, service: str = "ollama") -> None:
        self._docker = docker
        self._containers = containers
        self._service = service

    async def usage(self) -> Disk | str:
        """The file system of the models' volume, the one of the Engine's data root; or why it was not asked.

        Where an override binds a directory of the owner's there, that may be a dead NAS, and is not touched.
        """
        if await self._is_bound():
            return "the models lie in a directory of yours, outside Docker's data root"
        root = (await self._docker.object("/info")).get("DockerRootDir")
        if not isinstance(root, str):
            raise misunderstood("GET /info")
        try:
            return await asyncio.wait_for(asyncio.to_thread(disk.usage, root), DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            return f"{root} does not tell: {getattr(error, 'strerror', None) or 'no answer'}"

    async def _is_bound(self) -> bool:
        container = (await self._containers.by_service()).get(self._service)
        if container is None:
            return False
        raw = await self._docker.object(f"/containers/{container.id}/json")
        mounts: Sequence[Mapping[str, Any]] = raw.get("Mounts") or []
        return any(it.get("Type") == "bind" and it.get("Destination") == DIRECTORY for it in mounts)
