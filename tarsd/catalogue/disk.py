"""Room for images, models and data: what is told of early, what is acted on, and when nothing can be written any more."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tarsd import sizes
from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Trigger, World
from tarsd.catalogue.disk_remedies import PruneDocker
from tarsd.errors import EngineRefused, EngineUnavailable, HostSilent
from tarsd.host.disk import Disk
from tarsd.host.docker_use import docker_use
from tarsd.sizes import GB

WANTED = 20 * GB
"""An estimate: about 10 GB for the images with the web UI, 5 for a model of common size, and room for data to grow."""

FULL = 64 * 10**6
"""Bytes: below it PostgreSQL cannot be sure of its next segments (16 MB each), nor Redis of writing its file anew."""

MANY_INODES, SOME_INODES = 1_000_000, 100_000
"""So many free ones are enough whatever their share: an image has 10,000 to 50,000 files."""

EVERY = 60.0
"""Seconds: a model that is pulled at 100 MB/s takes 6 GB in that time."""

DOCKER_ROOT = "/var/lib/docker"
"""Where an Engine keeps everything unless it is told otherwise."""

SHOW = "docker system df; docker image prune"


@dataclass(frozen=True)
class Place:
    """A file system that must have room: that of Docker's directory, or of the state if it is another.

    `disk` is None where it could not be asked, and `why` says so.
    """

    path: str
    for_docker: bool
    disk: Disk | None = None
    why: str = ""


async def docker_root(world: World) -> str | None:
    """Docker's directory, as the Engine tells it, or told when it was last heard; None where it never did."""
    if world.engine is not None and world.engine.docker_root:
        return world.engine.docker_root
    with suppress(EngineUnavailable, EngineRefused):
        found = (await world.docker.object("/info")).get("DockerRootDir")
        return None if found is None else str(found)
    return None


async def places(world: World) -> AsyncIterator[Place]:
    """Docker's first; one file system is told of once. Without an Engine its usual directory counts, if it is there."""
    told = await docker_root(world)
    root = told or DOCKER_ROOT
    seen: set[int] = set()
    for path in dict.fromkeys((root, world.state)):
        try:
            disk = await world.disks.usage(path)
        except (OSError, HostSilent) as error:
            if told is None and path == root and isinstance(error, FileNotFoundError):
                continue
            yield Place(path, path == root, why=f"cannot tell the free space: {error}")
            continue
        if disk.device not in seen:
            seen.add(disk.device)
            yield Place(path, path == root, disk)


def is_full(disk: Disk) -> bool:
    """Whether nothing of any size can be written there."""
    return disk.free < min(FULL, disk.total // 100) or (disk.inodes > 0 and not disk.inodes_free)


class _Room(Check):
    """One finding for each file system."""

    subject = "disk"
    deadline = 15.0
    every = EVERY
    warns = True
    triggers = frozenset({Trigger.CHANGE, Trigger.SETTINGS})
    remedies = (PruneDocker(),)

    async def ask(self, world: World) -> list[Finding]:
        """Ask each file system; what is full for good is told by disk.full only."""
        found: list[Finding] = []
        async for place in places(world):
            if place.disk is None:
                found.append(self.unknown(place.why, subject=place.path))
            elif not (place.for_docker and is_full(place.disk)):
                found.append(await self.judge(world, place, place.disk))
        return found

    @abstractmethod
    async def judge(self, world: World, place: Place, disk: Disk) -> Finding:
        """Answer for one that is not full."""

    def short(
        self, world: World, summary: str, fix: str, at: str, evidence: Sequence[str] = ()
    ) -> Finding:
        """So little that something is to be done; no reason to refuse an install, which may need nothing of it."""
        told = self.warn if world.asked.install else self.fail
        return told(summary, fix, subject=at, evidence=evidence)


class DiskLow(_Room):
    """Little space where Docker keeps images, models and data, or where tarsd keeps its state."""

    id = "disk.low"
    about = About(
        what="Little space is left where Docker keeps images, models and data, or where tarsd keeps its records",
        seen="The file system of Docker's own directory, and of /var/lib/tars-home if it is another, has less free than "
        "`[disk] low_percent` and `low_gb` (10 % and 50 GB: a warning), or than `full_percent` and `full_gb` (3 % and "
        "10 GB: a failure); both must be so. An install warns below 20 GB as well",
        why="Downloads of models and images end halfway, and on a full disk databases stop",
        we="Below the second pair it removes images that have neither a name nor a container, unless a generation of the "
        "stack needs them, and build cache that no build has used for an hour; then it looks again. Volumes, logs and "
        "whatever has a name are never touched. Other disks than Docker's are only told of",
        you="See what takes the space, and remove what you do not need, such as models. Never remove a volume whose "
        "content you do not know",
        commands=("df -h", "docker system df", "tarsctl models list", "docker image prune"),
    )

    async def judge(self, world: World, place: Place, disk: Disk) -> Finding:
        """By share and size, for 10 % of a large disk is plenty."""
        at, limits = place.path, world.settings.disk
        share = 100 * disk.free / disk.total if disk.total else 100.0
        shown = f"{sizes.words(disk.free)} free ({share:.0f} %)"
        fix = SHOW if place.for_docker else f"sudo du -xh {at} | sort -h | tail -n 20"
        if share < limits.full_percent and disk.free < limits.full_gb * GB:
            use = await _use(world) if place.for_docker else ()
            return self.short(world, "; ".join((shown, *use)), fix, at, (shown, *use))
        if share < limits.low_percent and disk.free < limits.low_gb * GB:
            return self.warn(shown, fix, subject=at)
        if world.asked.install and disk.free < WANTED:
            return self.warn(f"{shown}; {sizes.words(WANTED)} recommended", fix, subject=at)
        return self.passed(shown, subject=at)


async def _use(world: World) -> Sequence[str]:
    """What takes it; nothing where the Engine does not say within its deadline."""
    try:
        use = await docker_use(world.docker)
    except (EngineUnavailable, EngineRefused):
        return ()
    parts = {
        "images": use.images,
        "volumes": use.volumes,
        "containers": use.containers,
        "build cache": use.build_cache,
    }
    return [f"{name} {sizes.words(size)}" for name, size in parts.items() if size >= GB // 10]


class DiskInodes(_Room):
    """Few inodes: a file system that has run out of them takes no new file, however much space is free."""

    id = "disk.inodes"
    about = About(
        what="A file system has room for few more files, whatever their size",
        seen="statvfs tells that less than `[disk] low_percent` of the inodes, and fewer than 1,000,000, are free (a "
        "warning), or less than `full_percent` and fewer than 100,000 (a failure). File systems that do not count "
        "them, as btrfs, have no such limit",
        why="Without a free inode no file can be made: databases stop as on a full disk, while `df -h` shows space",
        we="Below the second pair it removes nameless images and old build cache, as for disk.low, and nothing else",
        you="Find the directory with the many small files and remove what you do not need",
        commands=("df -i", "sudo du --inodes -xd3 / | sort -n | tail -n 20", "docker image prune"),
    )

    async def judge(self, world: World, place: Place, disk: Disk) -> Finding:
        """By share and number."""
        at, limits = place.path, world.settings.disk
        if not disk.inodes:
            return self.passed("its file system does not count inodes", subject=at)
        share = 100 * disk.inodes_free / disk.inodes
        shown = f"{disk.inodes_free:,} inodes free ({share:.0f} %)"
        fix = f"sudo du --inodes -xd3 {at} | sort -n | tail -n 20"
        if share < limits.full_percent and disk.inodes_free < SOME_INODES:
            return self.short(world, shown, fix, at)
        if share < limits.low_percent and disk.inodes_free < MANY_INODES:
            return self.warn(shown, fix, subject=at)
        return self.passed(shown, subject=at)


class DiskFull(Check):
    """Nothing can be written any more where Docker keeps its data: what services then suffer from is not their own fault."""

    id = "disk.full"
    subject = "disk"
    deadline = 15.0
    explains = True
    every = EVERY
    triggers = frozenset({Trigger.CHANGE, Trigger.SETTINGS})
    remedies = (PruneDocker(),)
    about = About(
        what="Nothing can be written any more where Docker keeps images, models and data",
        seen="The file system of Docker's directory has less than 64 MB free (on one below 6.4 GB: less than 1 %), or "
        "no inode",
        why="PostgreSQL ends with a PANIC, Redis refuses writes (MISCONF), Chroma loses what it is given; none of them "
        "is broken, and none can be mended by a restart",
        we="It removes nameless images and old build cache, as for disk.low. While it lasts no service is started or "
        "restarted and Docker is not either, and what fails of them waits for this one incident",
        you="Make room: models that you do not use, old images, or another disk. Never remove anything from pg_wal or "
        "from a volume. Services come back by themselves",
        commands=("df -h", "df -i", "docker system df", "tarsctl models list"),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Of Docker's file system; one that cannot be asked is told of by disk.low."""
        async for place in places(world):
            if place.for_docker and place.disk is not None:
                return [self._judge(place.path, place.disk)]
        return []

    def _judge(self, path: str, disk: Disk) -> Finding:
        if not is_full(disk):
            return self.passed("there is room", subject=path)
        what = "no inode" if disk.free >= FULL else sizes.words(disk.free)
        return self.fail(f"full: {what} free; nothing that writes can work", SHOW, subject=path)


CHECKS: tuple[Check, ...] = (DiskFull(), DiskLow(), DiskInodes())
