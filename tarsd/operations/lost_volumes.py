"""Volumes that were removed from under a stack: a service begins anew on an empty one, and that is told."""

from collections.abc import Sequence

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.host.containers import Containers
from tarsd.host.generations import Generation

ID = "data.begun-empty"
"""The id of what is told; the catalogue has no check for it, for once the volume is made anew nothing shows it."""


class LostVolumes:
    """Asks before the services are started, for Compose makes what is missing without a word."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    async def of(
        self, before: Generation | None, generation: Generation, services: Sequence[str], step: Step
    ) -> list[Finding]:
        """A warning for each volume that a service had in the generation before, is to have again, and that is gone.

        Asked once for a task, whatever cuts it off. Raises what the Engine raises.
        """
        memo = step.task.memo
        if "lost" not in memo:
            memo["lost"] = [] if before is None else await self._gone(before, generation, services)
            await step.remember()
        return [_warning(service, volume) for service, volume in memo["lost"]]

    async def _gone(
        self, before: Generation, generation: Generation, services: Sequence[str]
    ) -> list[tuple[str, str]]:
        there = set(await self._containers.every_volume())
        return [
            (name, volume)
            for name in services
            if name in before.services
            for volume in sorted(before.services[name].volumes & generation.services[name].volumes)
            if volume not in there
        ]


def _warning(service: str, volume: str) -> Finding:
    return Finding(
        ID,
        service,
        Status.WARN,
        f"its volume {volume} was gone, and it begins with an empty one",
        "sudo ls /var/lib/tars-home/backups; docs/backups.md says how to restore one",
    )
