"""Backups because their owner asks for them: databases are dumped while they run, directories copied while nobody writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import BackupFailed, BadRequest
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups, Kept
from tarsd.host.containers import Container, Containers
from tarsd.operations.copies import Copies

KIND = "backup"

METHOD = "tars.backup"
"""The label that says how a service is backed up, or `list` or `none`: not at all."""

DUMPED, COPIED = "pg_dump", "stop-copy"
METHODS = (DUMPED, COPIED)

WITHOUT = {
    "list": "what it holds can be had again (its label tars.backup says list)",
    "none": "it keeps nothing (its label tars.backup says none)",
}


class BackupTask:
    """Keeps what services hold. What `stop-copy` says of must stand still by then: the task before it sees to that."""

    kind = KIND
    version = 1

    def __init__(
        self, containers: Containers, keeper: Keeper, copies: Copies, backups: Backups
    ) -> None:
        self._containers = containers
        self._keeper = keeper
        self._copies = copies
        self._backups = backups

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: services. Result: `backups`. Run again after an interruption it goes on behind the last whole one.

        Raises BackupFailed, NoSpace; those that are whole by then stay.
        """
        services: list[str] = step.task.args["services"]
        made: dict[str, list[dict[str, Any]]] = step.task.memo.setdefault("made", {})
        for number, name in enumerate(services):
            step.progress(number, len(services), "steps", f"backing up {name}")
            if name not in made:
                kept = await self._keep(name)
                made[name] = [row(it, self._backups) for it in kept]
                await step.remember()
        step.progress(len(services), len(services), "steps")
        return {"backups": [it for name in services for it in made[name]]}

    async def undo(self, step: Step) -> None:
        """A backup that is whole harms nobody."""

    async def _keep(self, service: str) -> Sequence[Kept]:
        container = (await self._containers.by_service()).get(service)
        if container is None:
            raise BackupFailed(
                f"cannot back up {service}: it has no container", fix="sudo tarsctl install"
            )
        if container.labels.get(METHOD) == DUMPED:
            return [await self._keeper.dump(container)]
        return await self._copies.all(container)


def row(kept: Kept, backups: Backups) -> dict[str, Any]:
    """One as it is shown."""
    return {
        "name": kept.name,
        "service": kept.service,
        "kind": kept.kind,
        "made": kept.at,
        "size_bytes": kept.bytes,
        "sha256": kept.sha256,
        "image": kept.image,
        "holds": kept.holds,
        "path": str(backups.path(kept)),
    }


def chosen(seen: Mapping[str, Container], services: Sequence[str]) -> list[str]:
    """The named services, or all that are backed up at all. Raises BadRequest for one that is not."""
    can = sorted(it for it in seen if seen[it].labels.get(METHOD) in METHODS)
    for name in services:
        if name in seen and name not in can:
            method = seen[name].labels.get(METHOD, "")
            why = WITHOUT.get(method, f"nobody has said how (its label tars.backup: {method!r})")
            raise BadRequest(f"cannot back up {name}: {why}", fix="tarsctl backup --help")
    return list(dict.fromkeys(services)) or can


def plan(seen: Mapping[str, Container], services: Sequence[str]) -> list[Planned]:
    """The tasks: what must stand still is stopped for it, and started again if it ran."""
    there = [it for it in services if it in seen]
    still = [it for it in there if seen[it].labels.get(METHOD) == COPIED]
    ran = {"services": [it for it in still if seen[it].state == "running"]}
    tasks = [Planned(KIND, "back up", {"services": list(services)})]
    if ran["services"]:
        stop = Planned("stop", "stop what writes to files", {**ran, "again": True})
        return [stop, *tasks, Planned("start", "start and wait until healthy", ran)]
    return tasks
