"""Makes backups of what a container holds: PostgreSQL is dumped while it runs, files are copied while they stand still."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from tarsd.errors import BackupFailed, EngineRefused, EngineUnavailable, JobFailed, TarsError
from tarsd.host.backups.kept import Backups, Kept
from tarsd.host.backups.writing import Writer
from tarsd.host.blocking import whole
from tarsd.host.containers import Container, Mounted
from tarsd.host.docker_api import DockerApi
from tarsd.host.executions import Executions
from tarsd.host.volumes import Volumes

FRESH = timedelta(days=1)
"""How young a backup must be to stand for what is there now."""

DEADLINE = 2 * 3600.0
"""Seconds for one backup: 500 GB from a disk of 70 MB/s."""

SILENCE = 300.0
"""Seconds without a byte; a table that somebody has locked is waited for less long (LOCKED)."""

LOCKED = 60_000
"""Milliseconds that a dump waits for a lock."""

DUMP = (
    f"exec pg_dumpall --no-password --lock-wait-timeout={LOCKED}"
    ' --username="${POSTGRES_USER:-postgres}" --database="${POSTGRES_DB:-postgres}"'
)
"""Run by the image's own shell: its pg_dumpall is of the server's version, and its own user is in its environment."""

WHOLE = b"PostgreSQL database cluster dump complete"
"""What pg_dumpall writes at the very end."""

TABLE = b"\nCREATE TABLE "
"""What begins each table in it."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class _Recipe:
    """What a backup is made of; `path` is where that is in the container, None for all of its volumes."""

    kind: str
    file: str
    fill: Callable[[Writer], Awaitable[None]]
    path: str | None = None
    holds: int | None = None
    frozen: bool = False


class Keeper:
    """One backup at a time. Raises BackupFailed, NoSpace; what was begun is then removed."""

    def __init__(
        self,
        docker: DockerApi,
        volumes: Volumes,
        backups: Backups,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._docker = docker
        self._executions = Executions(docker)
        self._volumes = volumes
        self._backups = backups
        self._now = now
        self._alone = asyncio.Lock()

    async def fresh(self, service: str, kind: str) -> Kept | None:
        """The newest backup, if it is of the last day; none of a time that is still to come."""
        now = self._now()
        try:
            found = await asyncio.to_thread(self._backups.all, service)
        except OSError as error:
            place = self._backups.directory
            raise BackupFailed(
                f"cannot look for backups in {place}: {error.strerror}", fix=f"ls -la {place}"
            ) from error
        young = [it for it in found if it.kind == kind and now - FRESH < it.made <= now]
        return young[-1] if young else None

    async def dump(self, container: Container) -> Kept:
        """Everything that PostgreSQL in this container holds, roles too, as SQL."""
        if container.state != "running":
            raise BackupFailed(
                f"cannot dump {container.service}: it is {container.state}",
                fix=f"sudo tarsctl start {container.service}",
            )
        recipe = _Recipe("pg_dumpall", "dump.sql.gz", lambda to: self._dump(container, to))
        return await self._make(container, recipe)

    async def copy(
        self, container: Container, path: str, kind: str, *, holds: int | None, frozen: bool = False
    ) -> Kept:
        """A directory of a container that has ended: nobody writes to it meanwhile.

        `holds` is what somebody counted in it. `frozen`: its data seems lost, and no earlier copy that holds some gives way.
        """
        if container.state in ("running", "paused", "restarting"):
            raise BackupFailed(
                f"cannot copy {path} of {container.service}: it is {container.state}, and what it writes "
                "meanwhile would make the copy worthless",
                fix=f"sudo tarsctl stop {container.service}",
            )
        fill = partial(self._copy, container, path)
        return await self._make(container, _Recipe(kind, "data.tar.gz", fill, path, holds, frozen))

    async def _make(self, container: Container, recipe: "_Recipe") -> Kept:
        async with self._alone:
            try:
                await whole(self._backups.room, await self._size(container, recipe.path))
                kept = await self._write(container, recipe)
                await whole(self._backups.thin_out, kept, frozen=recipe.frozen)
                return kept
            except (OSError, asyncio.TimeoutError, EngineUnavailable, EngineRefused) as error:
                raise _failed(container, recipe.kind, error) from error

    async def _write(self, container: Container, recipe: "_Recipe") -> Kept:
        pending = await whole(
            self._backups.begin, container.service, recipe.kind, self._now(), recipe.file
        )
        try:
            to = Writer(pending, TABLE)
            await asyncio.wait_for(recipe.fill(to), DEADLINE)
            await to.flush()
            holds = to.marks if recipe.kind == "pg_dumpall" else recipe.holds
            return await whole(self._backups.keep, pending, container.image, holds)
        except BaseException:
            await whole(pending.drop)
            raise

    async def _dump(self, container: Container, to: Writer) -> None:
        command = ["sh", "-c", DUMP]
        status, said = await self._executions.run(container.id, command, to.write, silence=SILENCE)
        if status != 0 or WHOLE not in to.tail:
            last = (said.strip().splitlines() or ["it says nothing"])[-1][:200]
            raise BackupFailed(
                f"cannot dump {container.service}: pg_dumpall ended with status {status}: {last}",
                fix=f"tarsctl logs {container.service}",
            )

    async def _copy(self, container: Container, path: str, to: Writer) -> None:
        url, query = f"/containers/{container.id}/archive", {"path": path}
        async with self._docker.stream("GET", url, query, silence=SILENCE) as response:
            async for piece in response.content.iter_chunked(1 << 18):
                await to.write(piece)

    async def _size(self, container: Container, path: str | None) -> int:
        """Of the volumes that hold it, as far as that can be told: an upper bound of a backup."""
        total = 0
        for mounted in container.mounts:
            if mounted.kind == "volume" and (path is None or covers(mounted, path)):
                volume = await self._volumes.find(mounted.name)
                if volume is not None and volume.directory is not None:
                    try:
                        total += (await self._volumes.contents(volume.directory)).bytes
                    except JobFailed:  # then the room that is left is looked at as it grows
                        continue
        return total


def covers(mounted: Mounted, path: str) -> bool:
    """Whether what is at `path` in the container lies in this mount."""
    return path == mounted.target or path.startswith(mounted.target.rstrip("/") + "/")


def _failed(container: Container, kind: str, error: Exception) -> BackupFailed:
    if isinstance(error, asyncio.TimeoutError):
        reason = "it took too long"
    elif isinstance(error, TarsError):
        reason = error.message
    else:
        reason = getattr(error, "strerror", None) or str(error)
    return BackupFailed(
        f"cannot keep a backup of {container.service} ({kind}): {reason}",
        fix=f"df -h /var/lib/tars-home; tarsctl logs {container.service}",
    )
