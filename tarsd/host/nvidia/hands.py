"""What is done for the sake of a card, on the real Engine; see catalogue.hands.GpuHands."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from tarsd.errors import DataMissing, NotInstalled, ServiceMissing
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations


class Creator(Protocol):
    """Of catalogue.remedy.ServiceHands what is needed here."""

    async def create(self, service: str) -> None:
        """Create what is missing of it and start it."""
        ...


class CardHands:
    """It asks nobody whether it may: that is the remedies' and the healer's part."""

    def __init__(
        self,
        docker: DockerApi,
        containers: Containers,
        generations: Generations,
        services: Creator,
    ) -> None:
        self._docker = docker
        self._containers = containers
        self._generations = generations
        self._services = services

    async def recreate(self, service: str) -> None:
        """Within its grace and 12 minutes. What is cut off in the middle is a service without a container, which is created.

        Raises DataMissing where something of it would be lost with the container, and what `create` raises.
        """
        found = (await self._containers.by_service()).get(service)
        if found is None:
            raise ServiceMissing(
                f"cannot find a container of {service}: it has been removed",
                fix=f"tarsctl start {service}",
            )
        grace = await self._refuse_to_lose(service, found.id)
        await self._containers.stop(found.id, grace)
        await self._containers.remove(found.id)
        await self._services.create(service)

    async def _refuse_to_lose(self, service: str, container_id: str) -> int:
        """Its stop grace. Raises DataMissing: a volume of it has no name in the stack, or is gone."""
        generation = await asyncio.to_thread(self._generations.current)
        if generation is None or service not in generation.services:
            raise NotInstalled(
                f"cannot make {service} anew: it is not of the current generation",
                fix="sudo tarsctl install",
            )
        definition = generation.services[service]
        mounts = (await self._docker.object(f"/containers/{container_id}/json")).get("Mounts")
        rows = cast("Sequence[Mapping[str, Any]]", mounts) if isinstance(mounts, list) else ()
        used = {str(it.get("Name")) for it in rows if it.get("Type") == "volume"}
        strange = sorted(used - definition.volumes) or sorted(definition.volumes - used)
        if strange:
            raise DataMissing(
                f"cannot make {service} anew: its volume {strange[0]} would not be in the new container",
                fix=f"docker inspect {container_id[:12]}; then: sudo tarsctl install --yes",
            )
        return definition.stop_grace
