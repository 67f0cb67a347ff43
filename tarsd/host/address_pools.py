"""Whether Docker has a subnet left for one more network."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from tarsd.host.docker_api import DockerApi

BUILT_IN = (
    *((f"172.{number}.0.0/16", 16) for number in range(17, 32)),
    ("192.168.0.0/16", 20),
)
"""The Engine's own pools and the size of the subnets that it takes from each (moby, ipamutils)."""

ENOUGH = 3
"""Free subnets after which nobody counts on: a pool of small ones may have 65,536."""


@dataclass(frozen=True)
class Pools:
    """`free` subnets, up to ENOUGH; `networks` that there are; `routed`: subnets that this machine's routes take."""

    free: int
    networks: tuple[str, ...]
    routed: tuple[str, ...]


class AddressPools:
    """Counts as the Engine does: what overlaps one of its networks, or a route of this machine, is not free."""

    def __init__(self, docker: DockerApi, routes: Path = Path("/proc/net/route")) -> None:
        self._docker = docker
        self._routes = routes

    async def look(self, info: Mapping[str, Any]) -> Pools:
        """`info` is the Engine's GET /info. Raises OSError and what DockerApi raises."""
        rows = await self._docker.objects("/networks")
        table = await asyncio.to_thread(self._routes.read_text, "ascii")
        taken = list(_subnets(rows))
        routed = [it for it in read_routes(table) if it not in taken]
        free = count_free(pools(info), [*taken, *routed])
        names = sorted(str(row.get("Name")) for row in rows)
        return Pools(free, tuple(names), tuple(map(str, routed)))


def pools(info: Mapping[str, Any]) -> list[tuple[IPv4Network, int]]:
    """The pools of an Engine with the size of a subnet; its own where its daemon.json names none."""
    named: Sequence[Mapping[str, Any]] = info.get("DefaultAddressPools") or []
    found = [(str(it["Base"]), int(it["Size"])) for it in named] or list(BUILT_IN)
    networks = ((ip_network(base, strict=False), size) for base, size in found)
    return [(base, size) for base, size in networks if isinstance(base, IPv4Network)]


def count_free(among: Iterable[tuple[IPv4Network, int]], taken: Sequence[IPv4Network]) -> int:
    """How many subnets overlap nothing that is taken, up to ENOUGH."""
    free = 0
    for base, size in among:
        step = 1 << (32 - max(size, base.prefixlen))
        at, end = int(base.network_address), int(base.broadcast_address)
        while at <= end and free < ENOUGH:
            over = [it for it in taken if _meets(it, at, at + step - 1)]
            if not over:
                free += 1
                at += step
            else:  # on behind all of it at once: a route may cover thousands of subnets
                last = max(int(it.broadcast_address) for it in over)
                at += ((last - at) // step + 1) * step
    return free


def _meets(network: IPv4Network, first: int, last: int) -> bool:
    return int(network.network_address) <= last and first <= int(network.broadcast_address)


def read_routes(table: str) -> Iterator[IPv4Network]:
    """The destinations of /proc/net/route but the default one; addresses there are little-endian."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[7], 16) == 0:
            continue
        address, mask = (
            int.from_bytes(bytes.fromhex(it)[::-1], "big") for it in (fields[1], fields[7])
        )
        yield IPv4Network((address & mask, mask.bit_count()))


def _subnets(rows: Iterable[Mapping[str, Any]]) -> Iterator[IPv4Network]:
    for row in rows:
        management: Mapping[str, Any] = row.get("IPAM") or {}
        configs: Sequence[Mapping[str, Any]] = management.get("Config") or []
        for config in configs:
            subnet = ip_network(str(config.get("Subnet") or "::/128"), strict=False)
            if isinstance(subnet, IPv4Network):
                yield subnet
