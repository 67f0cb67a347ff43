"""Copies of what a service keeps in directories, while it stands still."""

from collections.abc import Sequence

from tarsd.catalogue.counts import Counts
from tarsd.catalogue.data_guard import KINDS
from tarsd.catalogue.data_places import CHROMA, image_facts
from tarsd.errors import BackupFailed
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Kept
from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi

VECTOR = "vector"
"""The role of a vector store: its data has a place of its own, and somebody counts what is in it."""


class Copies:
    """Makes them. Raises BackupFailed, NoSpace and what DockerApi raises."""

    def __init__(self, docker: DockerApi, keeper: Keeper, counts: Counts) -> None:
        self._docker = docker
        self._keeper = keeper
        self._counts = counts

    async def all(self, container: Container) -> Sequence[Kept]:
        """Of every volume; of a vector store, of its data."""
        if container.labels.get("tars.role") == VECTOR:
            return [await self.vectors(container)]
        targets = [it.target for it in container.mounts if it.kind == "volume"]
        if not targets:
            raise BackupFailed(f"cannot back up {container.service}: it has no volume")
        return [
            await self._keeper.copy(container, target, f"files:{target}", holds=None)
            for target in targets
        ]

    async def vectors(self, container: Container) -> Kept:
        """Of the directory that its image writes to. While its data seems lost, no earlier copy gives way to this one."""
        image = await image_facts(self._docker, container.image_id)
        count = await self._counts.last(container.service)
        lost = count is not None and count.lost
        holds = None if count is None else 0 if lost else count.collections
        path = image.data_path(VECTOR) or CHROMA
        return await self._keeper.copy(container, path, KINDS[VECTOR], holds=holds, frozen=lost)
