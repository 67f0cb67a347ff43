"""Hands that note what they are told to do; none of it is done."""

from dataclasses import dataclass, field, replace
from typing import Any

from tarsd.catalogue.data_hands import DataHands
from tarsd.catalogue.hands import (
    DiskHands,
    FileHands,
    GpuHands,
    Hands,
    ServiceHands,
    UnitHands,
)
from tarsd.host.docker_disk import Freed
from tests.unit.fake_nas import NotedNas


@dataclass
class NotedFiles(FileHands):
    """Files as they would be: `texts` by path; `acts` are (what, path, ...)."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    acts: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    async def read(self, path: str) -> str | None:
        return self.texts.get(path)

    async def write(self, path: str, text: str, *, was: str | None, mode: int = 0o644) -> None:
        assert self.texts.get(path) == was
        self.texts[path] = text
        self.acts.append(("write", path))

    async def remove(self, path: str, *, was: str) -> None:
        assert self.texts.pop(path) == was
        self.acts.append(("remove", path))

    async def set_mode(self, path: str, mode: int) -> None:
        self.acts.append(("mode", path, mode))

    async def set_owner(self, path: str, user: int, group: int) -> None:
        self.acts.append(("owner", path, user, group))


@dataclass
class NotedUnits(UnitHands):
    """`acts` are (what, unit)."""

    acts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def enable(self, name: str) -> None:
        self.acts.append(("enable", name))

    async def start(self, name: str) -> None:
        self.acts.append(("start", name))

    async def restart(self, name: str) -> None:
        self.acts.append(("restart", name))

    async def reload_or_restart(self, name: str) -> None:
        self.acts.append(("reload-or-restart", name))


@dataclass
class NotedServices(ServiceHands):
    """`done` are the acts in words."""

    done: list[str] = field(default_factory=list[str])

    async def start(self, service: str) -> None:
        self.done.append(f"start {service}")

    async def restart(self, service: str, *, hung: bool) -> None:
        self.done.append(f"restart {service} hung={hung}")

    async def create(self, service: str) -> None:
        self.done.append(f"create {service}")

    async def stop(self, service: str) -> None:
        self.done.append(f"stop {service}")

    async def restart_engine(self) -> None:
        self.done.append("restart engine")


@dataclass
class NotedDisk(DiskHands):
    """Frees what a test says; `pruned` is how often."""

    freed: Freed = field(default_factory=lambda: Freed(0, 0))
    pruned: int = 0

    async def prune(self) -> Freed:
        self.pruned += 1
        return self.freed


@dataclass
class NotedData(DataHands):
    """`acts` are (what, model or service)."""

    acts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def pull_model(self, name: str) -> None:
        self.acts.append(("pull", name))

    async def keep_files(self, service: str) -> None:
        self.acts.append(("keep", service))

    async def repair_aof(self, service: str) -> None:
        self.acts.append(("repair", service))

    async def start_with_room(self, service: str) -> None:
        self.acts.append(("start", service))


@dataclass
class NotedCards(GpuHands):
    """`acts` are (what, service)."""

    acts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def recreate(self, service: str) -> None:
        self.acts.append(("recreate", service))


def hands(**parts: Any) -> Hands:
    """Those that a test names; the others only note."""
    noted = Hands(
        services=NotedServices(),
        files=NotedFiles(),
        units=NotedUnits(),
        nas=NotedNas(),
        data=NotedData(),
        disk=NotedDisk(),
        gpu=NotedCards(),
    )
    return replace(noted, **parts)
