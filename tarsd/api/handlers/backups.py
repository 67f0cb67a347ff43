"""/v1/backups"""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from tarsd.api.route import Body, Call
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.errors import BackupFailed
from tarsd.host.backups.kept import Backups
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.operations import backup, lifecycle
from tarsd.operations.apply import current


class BackupBody(Body):
    """Of which services; all that are backed up, if none is named."""

    services: Annotated[list[str], Field(max_length=64)] = Field(default_factory=list[str])


class BackupHandlers:
    """What is kept of databases and directories, and keeping more."""

    def __init__(
        self,
        changes: Changes,
        containers: Containers,
        generations: Generations,
        backups: Backups,
    ) -> None:
        self._changes = changes
        self._containers = containers
        self._generations = generations
        self._backups = backups

    async def list(self, _: Call) -> dict[str, Any]:
        """Those that are whole, newest first. Raises BackupFailed where they cannot be looked for."""
        try:
            found = await asyncio.to_thread(self._backups.all)
        except OSError as error:
            place = self._backups.directory
            raise BackupFailed(
                f"cannot look for backups in {place}: {error.strerror}", fix=f"sudo ls -la {place}"
            ) from error
        return {"backups": [backup.row(it, self._backups) for it in reversed(found)]}

    async def make(self, call: Call) -> Change:
        """Begin to make some. Raises NotInstalled, UnknownService, BadRequest, ChangeConflict, EngineUnavailable."""
        body: BackupBody = call.body
        lifecycle.chosen(current(self._generations), body.services)
        seen = await self._containers.by_service()
        services = backup.chosen(seen, body.services)
        if not services:
            raise BackupFailed("cannot back up: no service here holds data", fix="tarsctl status")
        return await self._changes.begin(
            backup.KIND,
            f"back up {', '.join(services)}",
            services,
            backup.plan(seen, services),
        )
