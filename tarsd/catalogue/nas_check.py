"""What the checks of the NAS share: when they are asked, whose mount it is, and what a look at it means."""

import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from tarsd.catalogue.check import Answer, Check, Finding, Status, Trigger, World
from tarsd.catalogue.views import ServiceView
from tarsd.host.mounts import Mount
from tarsd.host.nas.looks import Look
from tarsd.host.nas.unit import unit_name
from tarsd.nas_source import Source, parse

SUBJECT = "nas"

EVERY = 60.0
"""Seconds: a connection and two lines of the kernel's table; what costs more is remembered (host.nas.looks)."""

DEADLINE = 75.0
"""Seconds: a look that hangs takes 25, and as long again where its job cannot be ended."""


class NasCheck(Check):
    """Asked while a NAS is wanted, and not while a change is at work on it."""

    subject = SUBJECT
    every = EVERY
    deadline = DEADLINE
    triggers = frozenset({Trigger.SETTINGS, Trigger.CHANGE, Trigger.KERNEL, Trigger.MOUNTS})

    def applies(self, world: World) -> bool:
        """Only where a path is set and not skipped."""
        return world.settings.nas.path is not None and world.settings.nas.enabled

    async def ask(self, world: World) -> Answer:
        """See Check."""
        busy = world.at_work(SUBJECT)
        if busy is not None:
            return Finding(self.id, self.subject, Status.SKIP, busy)
        return await self.see(world, Place.of(world))

    @abstractmethod
    async def see(self, world: World, place: "Place") -> Answer:
        """The answer, while nobody else works on it."""


@dataclass(frozen=True)
class Place:
    """Where the documents should be, and what is there. Without a `source` of a setup the mount is its owner's own."""

    path: str
    mount: Mount | None
    ours: bool
    source: Source | None
    """Of the setup, else what the owner has mounted there, where that is a Windows share or NFS."""

    @classmethod
    def of(cls, world: World) -> "Place":
        """Read from the settings and the kernel's table. Raises OSError."""
        nas = world.settings.nas
        path = nas.path or ""
        mount = world.mount(path)
        if nas.source is not None:
            return cls(path, mount, True, parse(nas.source))
        return cls(path, mount, False, None if mount is None else _source(mount))

    @property
    def shown(self) -> str:
        """The share, as it is known."""
        if self.source is not None:
            return self.source.text
        return self.path if self.mount is None else self.mount.source

    @property
    def mount_anew(self) -> str:
        """The commands that do it."""
        again = f"systemctl start '{unit_name(self.path)}'" if self.ours else f"mount {self.path}"
        return f"sudo umount --lazy {self.path}; sudo {again}"


def readers(world: World) -> Sequence[ServiceView]:
    """The services that are given the parent of the mount point, as compose.nas.yaml does."""
    path = world.settings.nas.path
    if path is None or not world.settings.nas.enabled:
        return ()
    parent = str(PurePath(path).parent)
    return [view for view in world.services if parent in view.service.binds]


async def look_at(world: World, place: Place) -> Look | None:
    """What a job sees there, or has seen lately; None where nothing is mounted that could be looked at."""
    if place.mount is None:
        return None
    inside = {(pid, at) for view in readers(world) for pid, at in _first_process(place, view)}
    return await world.nas.look(place.mount, world.settings.nas.marker, frozenset(inside))


def _first_process(place: Place, view: ServiceView) -> Iterator[tuple[int, str]]:
    """Of a container that runs: its number here, and where it should see the documents."""
    if view.container is not None and view.container.state == "running" and view.container.pid:
        yield view.container.pid, inside_path(place, view)


def inside_path(place: Place, view: ServiceView) -> str:
    """Where a reader should see the documents."""
    parent, _, name = place.path.rpartition("/")
    return f"{view.service.binds[parent]}/{name}"


def in_words(look: Look) -> str:
    """What such a look has met, to follow the name of the share."""
    if look.hung:
        return "hangs: a look at it does not come back"
    return f"cannot be read: {os.strerror(look.number or 0)}"


def _source(mount: Mount) -> Source | None:
    try:
        return parse(mount.source) if mount.is_network else None
    except ValueError:  # another kind of network file system
        return None
