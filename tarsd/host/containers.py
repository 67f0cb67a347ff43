"""The stack's containers as the Engine has them: list and inspect turned into what the product asks about."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.docker_api import DockerApi, misunderstood
from tarsd.host.frames import frames
from tarsd.times import from_engine

PROJECT_LABEL = "com.docker.compose.project"
MEMORY_DEADLINE = 0.7
"""Seconds: a container under memory pressure may not answer, and the rest of a status must not wait for that."""

SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
CONFIG_LABEL = "com.docker.compose.config-hash"
"""On whatever Compose made; a container made by hand seldom wears it."""

BUILT_IN_NETWORKS = frozenset({"bridge", "host", "none", "default"})
"""Those that an Engine always has."""


@dataclass(frozen=True)
class Mounted:
    """Something mounted in a container; `name` is a volume's name, else the directory. `kind` is the Engine's own word."""

    kind: str
    name: str
    target: str

    @property
    def anonymous(self) -> bool:
        """Whether it is a volume that the Engine made up a name for: nothing finds it again once its container is gone."""
        return self.kind == "volume" and re.fullmatch(r"[0-9a-f]{64}", self.name) is not None


@dataclass(frozen=True)
class Container:
    """One container of the stack; `health` is Docker's word, or `none` where the image has no health check.

    `comes_back`: whether the Engine starts it again when it ends; `health_asked`: when Docker last asked.
    """

    id: str
    service: str
    image: str
    image_id: str
    state: str
    health: str
    health_output: str
    started: datetime | None
    finished: datetime | None
    exit_code: int
    oom_killed: bool
    error: str
    restarts: int
    comes_back: bool
    memory_limit: int | None
    ports: tuple[str, ...]
    labels: Mapping[str, str]
    tty: bool = False
    health_asked: datetime | None = None
    policy: str = "no"
    """The Engine's word for whether it starts it again by itself: `no`, `always`, `unless-stopped`, `on-failure`."""
    created: datetime | None = None
    cut_off: str | None = None
    """The network that it was made for and is not attached to: it reaches nobody, and its ports are not published."""
    mounts: tuple[Mounted, ...] = ()
    volumes: frozenset[str] | None = None
    """The volumes that it has mounted, by the Engine's names; None where the Engine does not say."""
    pid: int | None = None
    """Of its first process, by this machine's count, while it runs."""


def _filters(project: str) -> dict[str, str]:
    return {"filters": json.dumps({"label": [f"{PROJECT_LABEL}={project}"]})}


class Containers:
    """Looks at and stops the containers of one Compose project. Raises what DockerApi raises."""

    def __init__(self, api: DockerApi, project: str) -> None:
        self._api = api
        self._project = project

    async def all(self) -> list[Container]:
        """Every container of the project, one per service, running or not."""
        query = {"all": "true", **_filters(self._project)}
        rows = await self._api.objects("/containers/json", query)
        inspected = await asyncio.gather(*(self._inspect(str(row.get("Id"))) for row in rows))
        return sorted(
            (found for found in inspected if found and found.labels.get(ONE_OFF_LABEL) != "True"),
            key=lambda container: container.service,
        )

    async def by_service(self) -> dict[str, Container]:
        """The same by service; of several that claim to be one, Compose's own before another's, and one that runs first."""
        found = sorted(
            await self.all(), key=lambda it: (CONFIG_LABEL in it.labels, it.state == "running")
        )
        return {container.service: container for container in found}

    async def one(self, container_id: str) -> Container | None:
        """One of them; None if it is gone."""
        return await self._inspect(container_id)

    async def networks(self) -> frozenset[str]:
        """Names of the project's networks."""
        rows = await self._api.objects("/networks", _filters(self._project))
        return frozenset(str(row.get("Name")) for row in rows)

    async def memory(self, container_id: str) -> int | None:
        """Bytes in use without reclaimable page cache, as `docker stats` counts; None if it cannot be told."""
        try:
            stats = await asyncio.wait_for(
                self._api.object(
                    f"/containers/{container_id}/stats", {"stream": "false", "one-shot": "true"}
                ),
                MEMORY_DEADLINE,
            )
        except (EngineRefused, EngineUnavailable, asyncio.TimeoutError):
            return None
        memory: Mapping[str, Any] = stats.get("memory_stats") or {}
        usage: int | None = memory.get("usage")
        detail: Mapping[str, int] = memory.get("stats") or {}
        cache = detail.get("inactive_file", detail.get("total_inactive_file", 0))
        return None if usage is None else max(usage - cache, 0)

    async def stop(self, container_id: str, grace: int) -> None:
        """Ask it to stop, kill it after `grace` seconds; returns when it has stopped."""
        await self._api.post(
            f"/containers/{container_id}/stop", {"t": str(grace)}, deadline=grace + 30.0
        )

    async def start(self, container_id: str) -> None:
        """Start it as it is; one that runs is left alone."""
        await self._api.post(f"/containers/{container_id}/start", deadline=60.0)

    async def restart(self, container_id: str, grace: int) -> None:
        """Stop and start it in one request: the Engine comes to the end of it even if whoever asked is gone meanwhile."""
        await self._api.post(
            f"/containers/{container_id}/restart", {"t": str(grace)}, deadline=grace + 90.0
        )

    async def remove(self, container_id: str) -> None:
        """Remove a stopped container; its volumes stay."""
        await self._api.delete(f"/containers/{container_id}")

    async def logs(self, container: Container, lines: int, follow: bool) -> AsyncIterator[bytes]:
        """Standard output and error, from the last `lines` lines on, as they were written."""
        query = {
            "stdout": "true",
            "stderr": "true",
            "tail": str(lines),
            "follow": str(follow).lower(),
        }
        path = f"/containers/{container.id}/logs"
        async with self._api.stream("GET", path, query) as response:
            if container.tty:  # a terminal has one stream, sent as it is
                async for chunk in response.content.iter_any():
                    yield chunk
                return
            async for _, piece in frames(response.content):
                yield piece

    async def others(self) -> list[str]:
        """Names of the running containers that are of no or another project."""
        rows = await self._api.objects("/containers/json")
        return sorted(_name(row) for row in rows if _project(row) != self._project)

    async def remove_networks(self) -> list[str]:
        """Remove the project's networks, its containers being gone; returns the names of those still in use.

        A container of somebody else may use one, or the Engine remember an endpoint that a cut-off start left.
        """
        left: list[str] = []
        for network in await self._api.objects("/networks", _filters(self._project)):
            try:
                await self._api.delete(f"/networks/{network.get('Id')}")
            except EngineRefused:
                left.append(str(network.get("Name")))
        return left

    async def volumes(self) -> list[str]:
        """Names of the project's volumes."""
        found = await self._api.object("/volumes", _filters(self._project))
        volumes: list[dict[str, str]] = found.get("Volumes") or []
        return sorted(volume["Name"] for volume in volumes)

    async def every_volume(self) -> list[str]:
        """Names of all volumes of the Engine, whoever made them."""
        found = await self._api.object("/volumes")
        volumes: list[dict[str, str]] = found.get("Volumes") or []
        return sorted(volume["Name"] for volume in volumes)

    async def users_of(self, volume: str) -> list[str]:
        """Names of the containers, of any project, that have the volume mounted."""
        query = {"all": "true", "filters": json.dumps({"volume": [volume]})}
        rows = await self._api.objects("/containers/json", query)
        return [_name(row) for row in rows]

    async def remove_volume(self, name: str) -> None:
        """Remove one volume and everything in it, for ever."""
        await self._api.delete(f"/volumes/{name}")

    async def _inspect(self, container_id: str) -> Container | None:
        try:
            return _container(await self._api.object(f"/containers/{container_id}/json"))
        except EngineRefused as error:
            if error.details.get("status") == 404:  # removed between list and inspect
                return None
            raise
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise misunderstood(f"container {container_id[:12]}") from error


def _name(row: Mapping[str, Any]) -> str:
    return str((row.get("Names") or [row.get("Id")])[0]).lstrip("/")


def _project(row: Mapping[str, Any]) -> str | None:
    labels: Mapping[str, str] = row.get("Labels") or {}
    return labels.get(PROJECT_LABEL)


def _container(raw: Mapping[str, Any]) -> Container:
    state: Mapping[str, Any] = raw["State"]
    labels: Mapping[str, str] = raw["Config"].get("Labels") or {}
    health: Mapping[str, Any] = state.get("Health") or {}
    log: Sequence[Mapping[str, Any]] = health.get("Log") or []
    policy: Mapping[str, Any] = raw["HostConfig"].get("RestartPolicy") or {}
    return Container(
        id=raw["Id"],
        service=labels.get(SERVICE_LABEL) or str(raw["Name"]).lstrip("/"),
        image=raw["Config"]["Image"],
        image_id=raw["Image"],
        state=state["Status"],
        health=health.get("Status", "none") if state["Status"] == "running" else "none",
        health_output=str(log[-1].get("Output", "")).strip() if log else "",
        started=from_engine(state.get("StartedAt", "")),
        finished=from_engine(state.get("FinishedAt", "")),
        exit_code=state.get("ExitCode", 0),
        oom_killed=state.get("OOMKilled", False),
        error=state.get("Error", ""),
        restarts=raw.get("RestartCount", 0),
        tty=bool(raw["Config"].get("Tty")),
        comes_back=policy.get("Name", "no") not in ("", "no"),
        memory_limit=raw["HostConfig"].get("Memory") or None,
        ports=_ports(raw["HostConfig"].get("PortBindings") or {}),
        labels=labels,
        health_asked=from_engine(str(log[-1].get("Start", ""))) if log else None,
        policy=policy.get("Name") or "no",
        created=from_engine(str(raw.get("Created", ""))),
        cut_off=_cut_off(raw),
        mounts=tuple(map(_mounted, raw.get("Mounts") or ())),
        volumes=_volumes(raw),
        pid=state.get("Pid") or None,
    )


def _volumes(raw: Mapping[str, Any]) -> frozenset[str] | None:
    mounts: Sequence[Mapping[str, Any]] | None = raw.get("Mounts")
    if mounts is None:
        return None
    return frozenset(str(it.get("Name")) for it in mounts if it.get("Type") == "volume")


def _cut_off(raw: Mapping[str, Any]) -> str | None:
    mode = str(raw["HostConfig"].get("NetworkMode") or "default")
    if mode in BUILT_IN_NETWORKS or mode.startswith("container:"):
        return None
    settings: Mapping[str, Any] = raw.get("NetworkSettings") or {}
    attached: Mapping[str, Mapping[str, Any]] = settings.get("Networks") or {}
    ids = {str(it["NetworkID"]) for it in attached.values() if "NetworkID" in it}
    return None if mode in {*attached, *ids} else mode


def _mounted(raw: Mapping[str, Any]) -> Mounted:
    kind = str(raw.get("Type") or "")
    name = raw.get("Name") if kind == "volume" else raw.get("Source")
    return Mounted(kind, str(name or ""), str(raw.get("Destination") or ""))


def _ports(bindings: Mapping[str, Sequence[Mapping[str, str]] | None]) -> tuple[str, ...]:
    return tuple(
        f"{_host(binding.get('HostIp', ''))}:{binding['HostPort']}"
        for bound in bindings.values()
        for binding in bound or ()
    )


def _host(address: str) -> str:
    """An address as it stands before a port; the Engine means all by none."""
    return f"[{address}]" if ":" in address else address or "0.0.0.0"  # noqa: S104
