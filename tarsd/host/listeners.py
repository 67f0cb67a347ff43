"""Which TCP ports of this machine are taken, and by whom: a process, its unit, or a container."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

from tarsd.host.containers import PROJECT_LABEL
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

DAC_READ_SEARCH, SYS_PTRACE = 2, 19  # linux/capability.h

RIGHTS: Properties = {"CapabilityBoundingSet": ("t", 1 << SYS_PTRACE | 1 << DAC_READ_SEARCH)}
"""Without both, a socket's owner comes back empty, without an error."""

DEADLINE = 10.0
"""Seconds; a machine with 10,000 sockets takes one."""


@dataclass(frozen=True)
class Listener:
    """A taken port. `container` and its Compose `project` are the Engine's word; all but the place may be unknown."""

    address: str
    port: int
    pid: int | None = None
    command: str | None = None
    unit: str | None = None
    container: str | None = None
    project: str | None = None
    left_over: bool = False
    """Docker holds it for a container that is gone: what a power cut during a start leaves until Docker is restarted
    (seen with 26.1: the proxies of endpoints that it calls stale and removes)."""

    def holds(self, address: str, port: int) -> bool:
        """Whether nobody else can listen there. `::` is taken to hold IPv4 as well, which it does unless told not to."""
        if port != self.port:
            return False
        mine, wanted = ip_address(self.address), ip_address(address)
        if mine.version != wanted.version:
            return mine.version == 6 and mine.is_unspecified
        return mine == wanted or mine.is_unspecified or wanted.is_unspecified

    def owner(self) -> str:
        """Who it is, in words."""
        if self.container is not None:
            return f"container {self.container}"
        if self.left_over:
            return "Docker, for a container that is gone"
        if self.command is None:
            return "a program that could not be told"
        unit = f", {self.unit}" if self.unit else ""
        return f"{self.command} (pid {self.pid}{unit})"


class Listeners:
    """Processes as a job with the rights to see them, containers as the Engine publishes their ports."""

    def __init__(self, docker: DockerApi, jobs: OwnJobs) -> None:
        self._docker = docker
        self._jobs = jobs

    async def all(self) -> list[Listener]:
        """Every taken TCP port. Raises JobFailed and what DockerApi raises."""
        containers = await self._docker.objects("/containers/json")
        published = [it for row in containers for it in _published(row)]
        rows: list[Mapping[str, Any]] = await self._jobs.ask(
            "listeners", deadline=DEADLINE, rights=RIGHTS
        )
        by_id = {str(row.get("Id")): row for row in containers}
        processes = [_process(row, published, by_id) for row in rows]
        seen = {(it.address, it.port) for it in processes}
        # Without a proxy process of Docker's, a published port has no listener, only a rule in the firewall.
        return processes + [it for it in published if (it.address, it.port) not in seen]


def _name(container: Mapping[str, Any]) -> str:
    names: Sequence[str] = container.get("Names") or [str(container.get("Id"))[:12]]
    return names[0].lstrip("/")


def _project(container: Mapping[str, Any]) -> str | None:
    labels: Mapping[str, str] = container.get("Labels") or {}
    return labels.get(PROJECT_LABEL)


def _published(container: Mapping[str, Any]) -> list[Listener]:
    ports: Sequence[Mapping[str, Any]] = container.get("Ports") or []
    return [
        Listener(
            _plain(str(port.get("IP") or "0.0.0.0")),  # noqa: S104  the Engine means all by none
            int(port["PublicPort"]),
            container=_name(container),
            project=_project(container),
        )
        for port in ports
        if port.get("PublicPort") and port.get("Type", "tcp") == "tcp"
    ]


def _process(
    row: Mapping[str, Any], published: Sequence[Listener], by_id: Mapping[str, Mapping[str, Any]]
) -> Listener:
    address, port = _plain(row["address"]), int(row["port"])
    if row["command"] in ("docker-proxy", "dockerd"):
        for it in published:
            if (it.address, it.port) == (address, port):
                return it
        if row["unit"] in (None, "docker.service"):  # else of another Engine, which knows for whom
            return Listener(address, port, row["pid"], row["command"], row["unit"], left_over=True)
    if row["container"] is not None:  # it shares the machine's network
        known = by_id.get(row["container"], {"Id": row["container"]})
        return Listener(
            address, port, row["pid"], row["command"], None, _name(known), _project(known)
        )
    return Listener(address, port, row["pid"], row["command"], row["unit"])


def _plain(address: str) -> str:
    """Without a scope; an IPv4 address in its own form."""
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
