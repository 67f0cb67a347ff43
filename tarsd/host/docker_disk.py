"""Makes room in Docker's directory without taking anything that anybody could miss."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from tarsd.errors import EngineRefused, HostSilent
from tarsd.host.blocking import Asker
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations

YOUNG = 3600.0
"""Seconds: what was made or used since then may be of a build that is still going on."""

DEADLINE = 300.0
"""Seconds for the build cache: to remove a hundred thousand small files from a full disk takes a while."""

ROUNDS = 8
"""An image without a name may stand on another one, which can go only after it: each round takes one layer of them."""

READ = 5.0
"""Seconds to read which images the generations name."""


@dataclass(frozen=True)
class Freed:
    """`images`: how many were removed; `bytes`: how much more is free than before, whoever else wrote meanwhile."""

    images: int
    bytes: int


class DockerDisk:
    """See catalogue.hands.DiskHands. Volumes, containers, networks and images with a name are not touched.

    Images are removed one by one. The Engine's own prune would also take the image of a generation whose tag a later
    pull has moved: that has a digest and no tag, and a rollback or a start needs it.
    """

    def __init__(
        self,
        docker: DockerApi,
        generations: Generations,
        disks: Disks,
        now: Callable[[], float] = time.time,
        young: float = YOUNG,
    ) -> None:
        self._docker = docker
        self._generations = generations
        self._disks = disks
        self._now = now
        self._young = young
        self._asker = Asker("generations")

    async def prune(self) -> Freed:
        """Within ten minutes or so. Raises EngineRefused, EngineUnavailable, GenerationDamaged, HostSilent."""
        root = str((await self._docker.object("/info")).get("DockerRootDir") or "/var/lib/docker")
        kept = await self._kept()
        before = await self._free(root)
        removed: set[str] = set()
        for _ in range(ROUNDS):
            fresh = [it for it in await self._nameless(kept) if it not in removed]
            gone = [it for it in fresh if await self._remove(it)]
            removed.update(gone)
            if not gone:
                break
        await self._prune_build_cache()
        return Freed(len(removed), max(await self._free(root) - before, 0))

    async def _free(self, root: str) -> int:
        try:
            return (await self._disks.usage(root)).free
        except OSError as error:
            raise HostSilent(f"cannot tell the free space of {root}: {error.strerror}") from error

    async def _kept(self) -> AbstractSet[str]:
        try:
            return await self._asker.ask(self._generations.images, READ)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                "cannot tell which images the stack needs: the disk with its generations does not answer",
                fix="journalctl -k -g 'I/O error|hung task'",
            ) from error

    async def _nameless(self, kept: AbstractSet[str]) -> Sequence[str]:
        query = {"filters": json.dumps({"dangling": ["true"]})}
        rows = await self._docker.objects("/images/json", query)
        return sorted(str(row["Id"]) for row in rows if self._may_go(row, kept))

    def _may_go(self, row: Mapping[str, Any], kept: AbstractSet[str]) -> bool:
        names = {str(row["Id"]), *(row.get("RepoDigests") or ())}
        tags = [it for it in row.get("RepoTags") or () if it != "<none>:<none>"]
        old = self._now() - float(row.get("Created") or 0) > self._young
        return old and not tags and not names & kept

    async def _remove(self, image: str) -> bool:
        """Never by force: one that a container uses, running or not, or that another stands on, is refused."""
        try:
            await self._docker.delete(f"/images/{image}", {"force": "false", "noprune": "true"})
        except EngineRefused as error:
            if error.details.get("status") in (404, 409):
                return False
            raise
        return True

    async def _prune_build_cache(self) -> None:
        """What no build has used since."""
        query = {"filters": json.dumps({"until": [f"{self._young:.0f}s"]})}
        await self._docker.post("/build/prune", query, deadline=DEADLINE)
