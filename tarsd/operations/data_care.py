"""Before images or volumes of databases are changed: what they hold is kept, as long as it can still be read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tarsd.catalogue.data_guard import DataGuard
from tarsd.errors import BackupFailed
from tarsd.host.backups.keeper import Keeper
from tarsd.host.containers import Container, Containers
from tarsd.operations.copies import Copies

STOP_GRACE = 30
"""Seconds, where the label `tars.stop.grace` says nothing."""


class DataCare:
    """Makes the backups that the guard asks for. Raises BackupFailed, NoSpace and what DockerApi raises."""

    def __init__(
        self,
        guard: DataGuard,
        keeper: Keeper,
        copies: Copies,
        containers: Containers,
    ) -> None:
        self.guard = guard
        self._keeper = keeper
        self._copies = copies
        self._containers = containers

    async def prepare(
        self, stack: Mapping[str, Any], services: Sequence[str], say: Callable[[str], None]
    ) -> None:
        """Keep what would be put at risk. Chroma is stopped for it, and is not started again: it is about to be made anew.

        Where a copy fails it runs on as before.
        """
        if await self.guard.judge(stack, services, recreate=True, by="owner", backup=False):
            return  # it will be refused, and nothing is stopped for that
        for container, kind in await self.guard.risks(stack, services):
            say(f"keeping a backup of {container.service} first")
            if kind == "pg_dumpall":
                await self._dump(container)
            else:
                await self._copy(container)

    async def _dump(self, container: Container) -> None:
        try:
            await self._keeper.dump(container)
        except BackupFailed as error:
            raise _with_way_out(error, container) from error

    async def _copy(self, container: Container) -> None:
        ran = container.state in ("running", "restarting", "paused")
        grace = container.labels.get("tars.stop.grace", "")
        try:
            if ran:
                await self._containers.stop(container.id, _seconds(grace))
            still = await self._containers.one(container.id) or container
            await self._copies.vectors(still)
        except BaseException as error:
            if ran:
                await self._containers.start(container.id)
            if isinstance(error, BackupFailed):
                raise _with_way_out(error, container) from error
            raise


def _seconds(grace: str) -> int:
    digits = grace.removesuffix("s")
    return int(digits) if digits.isdecimal() else STOP_GRACE


def _with_way_out(error: BackupFailed, container: Container) -> BackupFailed:
    """For whoever has a backup of his own, or cannot have one."""
    fix = f"{error.fix}; or, if its volume is backed up: sudo docker rm -f {container.id[:12]}, then again"
    return BackupFailed(
        f"{error.message}; without a backup of the last day its image is not changed", fix=fix
    )
