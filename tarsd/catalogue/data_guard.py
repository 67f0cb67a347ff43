"""What stands between an act and somebody's data: every container that is made anew or removed is asked about here first.

It is Compose's guard (tarsd.host.compose), so that no way round it can be forgotten.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tarsd.catalogue import data_words
from tarsd.catalogue.check import Finding
from tarsd.catalogue.data_places import (
    ImageFacts,
    holding,
    image_facts,
    outlives,
    wanted_mounts,
)
from tarsd.errors import DataAtRisk, GenerationDamaged
from tarsd.host.backups.keeper import Keeper
from tarsd.host.compose import By
from tarsd.host.containers import Container, Containers, Mounted
from tarsd.host.docker_api import DockerApi
from tarsd.host.volumes import Volumes

KINDS: Mapping[str, str] = {"db": "pg_dumpall", "vector": "chroma"}
"""Role -> the kind of backup that must be younger than a day before its image or volume is changed."""


class DataGuard:
    """Looks and never changes anything. Raises DataAtRisk, JobFailed, OSError and what DockerApi raises."""

    def __init__(
        self, docker: DockerApi, containers: Containers, volumes: Volumes, keeper: Keeper
    ) -> None:
        self._docker = docker
        self._containers = containers
        self._volumes = volumes
        self._keeper = keeper

    async def before_up(
        self, generation: Path, services: Sequence[str], *, recreate: bool, by: By
    ) -> None:
        """Raises DataAtRisk where creating these services, or making them anew, could cost data."""
        stack = await asyncio.to_thread(_read, generation)
        found = await self.judge(stack, services, recreate=recreate, by=by)
        if found:
            raise refusal(f"create {found[0].subject}", found)

    async def before_down(self) -> None:
        """Raises DataAtRisk where a container of ours holds data that nothing would find again without it."""
        for container in await self._containers.all():
            await self.before_remove(container)

    async def before_remove(self, container: Container) -> None:
        """The same for one."""
        found = await self._inside(container)
        if found:
            raise refusal(f"remove {container.service}", found)

    async def untouchable(self) -> frozenset[str]:
        """The services whose containers hold data that nothing would find again without them."""
        seen = await self._containers.all()
        return frozenset([it.service for it in seen if await self._inside(it)])

    async def judge(
        self,
        stack: Mapping[str, Any],
        services: Sequence[str],
        *,
        recreate: bool,
        by: By,
        backup: bool = True,
    ) -> list[Finding]:
        """What forbids it, service by service; `backup`: one that is missing forbids it, too."""
        seen = await self._containers.by_service()
        found: list[Finding] = []
        for name in services:
            definition, container = _definition(stack, name), seen.get(name)
            if definition is None or (container is not None and not recreate):
                continue
            found += await self._service(stack, name, definition, container, by)
        if not found and backup and recreate and by == "owner":
            found = [data_words.no_backup(it) for it, _ in await self.risks(stack, services)]
        return found

    async def risks(
        self, stack: Mapping[str, Any], services: Sequence[str]
    ) -> list[tuple[Container, str]]:
        """The containers that would come back with another image or on another volume and have no backup of the last day,
        each with the kind that it needs.
        """
        seen = await self._containers.by_service()
        found: list[tuple[Container, str]] = []
        for name in services:
            container, definition = seen.get(name), _definition(stack, name)
            kind = _kind(definition or {})
            if container is None or definition is None or kind is None:
                continue
            image = await image_facts(self._docker, str(definition["image"]))
            other = image.id not in (
                "",
                container.image_id,
            )  # of one that is not here nothing is made
            changed = other or self._moved(stack, definition, container, image)
            if changed and await self._keeper.fresh(name, kind) is None:
                found.append((container, kind))
        return found

    def _moved(
        self,
        stack: Mapping[str, Any],
        definition: Mapping[str, Any],
        container: Container,
        image: ImageFacts,
    ) -> bool:
        path = image.data_path(role(definition))
        if path is None:
            return False
        before, after = (
            holding(mounts, path) for mounts in (container.mounts, wanted_mounts(stack, definition))
        )
        return before is None or after is None or before.name != after.name

    async def _service(
        self,
        stack: Mapping[str, Any],
        name: str,
        definition: Mapping[str, Any],
        container: Container | None,
        by: By,
    ) -> list[Finding]:
        mounts = wanted_mounts(stack, definition)
        found = await self._drivers(name, mounts) if by == "healer" else []
        if container is not None:
            found += await self._inside(container)
        what = role(definition)
        if what not in KINDS:
            return found
        image = await image_facts(self._docker, str(definition["image"]))
        path = image.data_path(what)
        if path is not None and not outlives(holding(mounts, path)):
            found.append(data_words.nowhere(name, what, image, path, mounts))
        elif what == "db" and (container is None or container.image_id != image.id):
            found += await self._major(name, image, mounts, path)
        return found

    async def _drivers(self, name: str, mounts: Sequence[Mounted]) -> list[Finding]:
        """Whether another driver has given its data back whole after whatever befell it, only the owner can tell."""
        named = [it.name for it in mounts if it.kind == "volume"]
        found = [await self._volumes.find(it) for it in named]
        return [data_words.foreign_driver(name, it) for it in found if it and it.driver != "local"]

    async def _inside(self, container: Container) -> list[Finding]:
        """Data that lies in the container itself, or in a volume without a name, goes with it."""
        what = container.labels.get("tars.role", "")
        if what not in KINDS or container.state == "created":
            return []
        image = await image_facts(self._docker, container.image_id)
        path = image.data_path(what)
        if path is None or outlives(holding(container.mounts, path)):
            return []
        return [data_words.unmounted(container, path)]

    async def _major(
        self, name: str, image: ImageFacts, mounts: Sequence[Mounted], path: str | None
    ) -> list[Finding]:
        """The major of the image against that of the cluster in the volume."""
        major = image.postgres_major
        inside = [it for it in mounts if it.kind == "volume"]
        mounted = holding(mounts, path) if path is not None else next(iter(inside), None)
        if major is None or mounted is None or mounted.kind != "volume":
            return []
        volume = await self._volumes.find(mounted.name)
        if volume is None or volume.directory is None:
            return []
        there = (await self._volumes.contents(volume.directory)).majors
        if not there or major in there:
            return []
        return [data_words.other_major(name, major, there[-1], volume.name)]


def role(definition: Mapping[str, Any]) -> str:
    """Of a service, by its label."""
    labels: Mapping[str, str] = definition.get("labels") or {}
    return str(labels.get("tars.role") or "")


def _kind(definition: Mapping[str, Any]) -> str | None:
    """Of the backup that a service needs; none where its label says that nothing of it is to be copied."""
    labels: Mapping[str, str] = definition.get("labels") or {}
    return None if labels.get("tars.backup") in ("none", "list") else KINDS.get(role(definition))


def refusal(act: str, found: Sequence[Finding]) -> DataAtRisk:
    """The error for what forbids an act."""
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return DataAtRisk(
        f"cannot {act}: {first.summary}{more}",
        fix=first.fix,
        details={"failures": [it.as_json() for it in found]},
    )


def _definition(stack: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    services: Mapping[str, Mapping[str, Any]] = stack.get("services") or {}
    return services.get(name)


def _read(generation: Path) -> Mapping[str, Any]:
    try:
        return json.loads(generation.read_bytes())
    except (OSError, ValueError) as error:
        raise GenerationDamaged(
            f"cannot read {generation}: {error!r}", fix="sudo tarsctl install --yes"
        ) from error
