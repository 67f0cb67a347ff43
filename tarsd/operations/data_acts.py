"""The acts on data that remedies are made of, on this machine. See catalogue.data_hands.DataHands."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from tarsd.changes.model import Change, ChangeStatus
from tarsd.changes.runner import Changes
from tarsd.errors import BackupFailed, JobFailed, ModelNotPulled, NoSpace, ServiceMissing
from tarsd.host.backups.keeper import Keeper
from tarsd.host.containers import Container, Containers
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.operations.models import lock, pull_plan

REDIS_DATA = "/data"
"""Where the stack's redis.conf and the image keep it."""

AOF = "aof"
"""The kind of backup."""

LABEL = "tars-home.repair"
"""On the container in which files are repaired."""

PULL = 12 * 3600.0
"""Seconds for a pull: 100 GB over 20 Mbit/s. After that it goes on, and nobody waits for it."""

LOOK = 30.0
"""Seconds of one wait for a change."""

REPAIR = 600.0
"""Seconds for redis-check-aof: it reads at the speed of the disk."""

ROOM = 1 << 30
"""Bytes that must be free before PostgreSQL is started again: a recovery may write as much as max_wal_size, 1 GB."""

CHECK_AOF = (
    f"cd {REDIS_DATA} && for f in appendonlydir/*.manifest appendonly.aof; do "
    '[ ! -e "$f" ] || { yes | redis-check-aof --fix "$f"; exit; }; done; echo "there is no append-only file"; exit 1'
)


class DataActs:
    """See DataHands. `changes` gives the daemon's own, which is made after this."""

    def __init__(
        self,
        changes: Callable[[], Changes],
        docker: DockerApi,
        containers: Containers,
        keeper: Keeper,
        disks: Disks,
    ) -> None:
        self._changes = changes
        self._docker = docker
        self._containers = containers
        self._keeper = keeper
        self._disks = disks

    async def pull_model(self, name: str) -> None:
        """One that is being pulled already is waited for. Raises ModelNotPulled with its reason, StateUnavailable."""
        changes = self._changes()
        change = changes.at_work(lock(name)) or await changes.begin(
            "pull-model", f"pull model {name}", {lock(name)}, pull_plan(name)
        )
        loop = asyncio.get_running_loop()
        end = loop.time() + PULL
        while change.running and loop.time() < end:
            change = await changes.wait(change.id, change.revision, LOOK)
        if change.status is not ChangeStatus.DONE:
            raise ModelNotPulled(_why(change, name), fix=f"tarsctl tasks {change.id}")

    async def keep_files(self, service: str) -> None:
        """Once for each end of it. Raises BackupFailed, NoSpace."""
        container = await self._container(service)
        kept = await self._keeper.fresh(service, AOF)
        if kept is None or container.finished is None or kept.made < container.finished:
            await self._keeper.copy(container, REDIS_DATA, AOF, holds=None)

    async def repair_aof(self, service: str) -> None:
        """In a container of its own, with the service's image and volumes and without a network. Raises JobFailed, too."""
        container = await self._container(service)
        if container.state in ("running", "paused", "restarting"):
            raise BackupFailed(
                f"cannot repair the files of {service}: it is {container.state}",
                fix=f"sudo tarsctl stop {service}",
            )
        await self.keep_files(service)
        status, said = await self._alone(container, CHECK_AOF)
        if status != 0:
            raise JobFailed(
                f"cannot repair the append-only file of {service}: redis-check-aof says {said!r}; "
                "a copy of it as it was is in /var/lib/tars-home/backups",
                fix=f"tarsctl logs {service}",
            )
        await self._containers.start(container.id)

    async def start_with_room(self, service: str) -> None:
        """See DataHands."""
        container = await self._container(service)
        root = str((await self._docker.object("/info")).get("DockerRootDir") or "/var/lib/docker")
        free = (await self._disks.usage(root)).free
        if free < ROOM:
            raise NoSpace(
                f"cannot start {service}: it ended since its disk was full, and {free >> 20} MiB are free in {root}",
                fix=f"df -h {root}; docker system df",
            )
        await self._containers.start(container.id)

    async def _alone(self, container: Container, script: str) -> tuple[int, str]:
        """Run a script with the service's files; returns exit status and last line."""
        body: Mapping[str, Any] = {
            "Image": container.image_id,
            "Entrypoint": ["sh", "-c"],
            "Cmd": [script],
            "Labels": {LABEL: AOF},
            "HostConfig": {
                "VolumesFrom": [container.id],
                "NetworkMode": "none",
                "CapDrop": ["ALL"],
                "CapAdd": ["DAC_OVERRIDE", "FOWNER"],
                "SecurityOpt": ["no-new-privileges:true"],
            },
        }
        await self._sweep()
        made = str((await self._docker.post("/containers/create", body=body))["Id"])
        try:
            await self._docker.post(f"/containers/{made}/start", deadline=60.0)
            ended = await self._docker.post(f"/containers/{made}/wait", deadline=REPAIR)
            helper = await self._containers.one(made)
            said = b"" if helper is None else await self._said(helper)
            lines = said.decode(errors="replace").strip().splitlines()
            return int(ended["StatusCode"]), (lines or ["nothing"])[-1][:200]
        finally:
            await self._docker.delete(f"/containers/{made}", {"force": "true"})

    async def _sweep(self) -> None:
        """Remove what a repair that was cut off has left; two at once would write to one file."""
        query = {"all": "true", "filters": json.dumps({"label": [f"{LABEL}={AOF}"]})}
        for row in await self._docker.objects("/containers/json", query):
            await self._docker.delete(f"/containers/{row.get('Id')}", {"force": "true"})

    async def _said(self, container: Container) -> bytes:
        return b"".join([it async for it in self._containers.logs(container, 5, follow=False)])

    async def _container(self, service: str) -> Container:
        found = (await self._containers.by_service()).get(service)
        if found is None:
            raise ServiceMissing(
                f"cannot find a container of {service}: it has been removed",
                fix=f"tarsctl start {service}",
            )
        return found


def _why(change: Change, name: str) -> str:
    said = (change.error or {}).get("message")
    return str(said or f"cannot pull model {name}: change {change.id} is {change.status.value}")
