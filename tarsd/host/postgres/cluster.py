"""The files of PostgreSQL's cluster in its volume, looked at and set aside by jobs: they are of its own user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from tarsd.host.containers import PROJECT_LABEL
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

DEADLINE = 20.0
"""Seconds; a cluster in which there is nothing has a thousand files."""

DAC_OVERRIDE = 1  # linux/capability.h


@dataclass(frozen=True)
class Remains:
    """Of a cluster; `used`: something of somebody's may be in it. See tarsd.host.in_job.postgres_cluster."""

    cut_off: bool
    used: bool


class Clusters:
    """Raises JobFailed and what DockerApi raises."""

    def __init__(self, docker: DockerApi, jobs: OwnJobs, project: str) -> None:
        self._docker = docker
        self._jobs = jobs
        self._project = project

    async def look(self, container_id: str) -> Remains | None:
        """What is in the container's one volume; None where it has not one, on this machine, that Compose made for us."""
        found = await self._volume(container_id)
        if found is None:
            return None
        answer = await self._ask(found, "look", {})
        return Remains(bool(answer["cut_off"]), bool(answer["used"]))

    async def set_aside(self, container_id: str) -> str | None:
        """Move what `look` called cut off and not used out of PostgreSQL's way; returns where to.

        The container must have been stopped. None where `look` would say None.
        """
        found = await self._volume(container_id)
        if found is None:
            return None
        around = str(PurePath(found).parent)
        answer = await self._ask(found, "set-aside", {"ReadWritePaths": ("as", [around])})
        return str(answer["aside"])

    async def sync(self, container_id: str) -> None:
        """Put on the disk what its first start wrote without waiting for that; nothing where `look` would say None."""
        found = await self._volume(container_id)
        if found is not None:
            await self._ask(found, "sync", {})

    async def _ask(self, data: str, act: str, more: Properties) -> Mapping[str, Any]:
        rights = {
            "CapabilityBoundingSet": ("t", 1 << DAC_OVERRIDE),
            "ProtectHome": ("s", "no"),  # where some have Docker's data
            **more,
        }
        given = {"data": data, "act": act}
        answer: Mapping[str, Any] = await self._jobs.ask(
            "postgres-cluster", given, deadline=DEADLINE, rights=rights
        )
        return answer

    async def _volume(self, container_id: str) -> str | None:
        shown = await self._docker.object(f"/containers/{container_id}/json")
        mounts: Sequence[Mapping[str, Any]] = shown.get("Mounts") or []
        names = [it.get("Name") for it in mounts if it.get("Type") == "volume"]
        if len(names) != 1:
            return None
        volume = await self._docker.object(f"/volumes/{names[0]}")
        labels: Mapping[str, str] = volume.get("Labels") or {}
        elsewhere = volume.get("Driver") != "local" or bool(volume.get("Options"))
        if labels.get(PROJECT_LABEL) != self._project or elsewhere:
            return None
        return str(volume["Mountpoint"])
