"""Disks that take no writes any more, or that are about to fail."""

import re
import time
from collections.abc import Callable, Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Trigger, World
from tarsd.catalogue.disk import DOCKER_ROOT, docker_root, places
from tarsd.errors import JobFailed

NO_WRITES = frozenset({"ro", "emergency_ro", "shutdown"})
"""Words of mountinfo: mounted so, or made so by the file system itself upon an error (ext4 says it in its own word from
Linux 6.15 on)."""

RECENT = 3600.0
"""Seconds for which an error of a disk counts."""

SEVERAL = 3
"""Timeouts within that time that are a failure: one comes from a controller that sleeps too deeply, too."""

KERNEL = 10.0
"""Seconds for the job that reads the kernel's log."""

BROKEN = re.compile(
    r"I/O error|medium error|critical target error|unrecovered read error|"
    r"-fs error|Remounting filesystem read-only|shutting down filesystem|"
    r"controller is down|Device not ready|Removing after probe failure|Disabling device",
    re.IGNORECASE,
)
"""What the kernel says of a disk, or of the file system on it, that has lost something."""

SLOW = re.compile(
    r"timeout|link reset|hard resetting|exception Emask|failed command|reset controller",
    re.IGNORECASE,
)
"""What it says of one that answered late."""


class FsReadOnly(Check):
    """A file system on which the stack must write takes no writes: Docker's, or that of the state."""

    id = "fs.read-only"
    subject = "disk"
    deadline = 15.0
    explains = True
    every = 60.0
    triggers = frozenset({Trigger.MOUNTS, Trigger.KERNEL, Trigger.SETTINGS})
    about = About(
        what="A file system that the stack writes to has become read-only",
        seen="/proc/1/mountinfo shows `ro` (or `emergency_ro`, or `shutdown`) for the mount that holds Docker's directory "
        "or /var/lib/tars-home; the kernel's own line on it is told where there is one",
        why="Most often the kernel has met an error on the disk and protects what is left. Databases cannot write, "
        "tarsd cannot record, and what ends does not come up again",
        we="It starts and restarts nothing on it, Docker included, and what fails of services waits for this one "
        "incident. It does not stop what runs either: what is read is still served, a stop writes, and what is in "
        "memory may be the only copy left",
        you="Copy what you need while it can be read. Then check the file system from a rescue system and the disk's own "
        "record, and replace the disk if it is not sound",
        commands=(
            "findmnt -o TARGET,SOURCE,OPTIONS",
            "sudo journalctl -k -g 'error|read-only'",
            "sudo smartctl -a /dev/DISK",
            "sudo fsck -f /dev/PARTITION",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Read mountinfo, as init sees it; the kernel's log only where something is wrong."""
        found: list[Finding] = []
        seen: set[str] = set()
        for path in (await docker_root(world) or DOCKER_ROOT, world.state):
            mount = world.condition.holding(path)
            if mount is not None and mount.path in seen:
                continue
            seen.add(path if mount is None else mount.path)
            if mount is None:
                found.append(self.unknown("no mount holds it", subject=path))
            elif NO_WRITES & set(mount.options):
                found.append(await self._read_only(world, path, mount.path, mount.source))
            else:
                found.append(self.passed(f"{mount.source} can be written to", subject=path))
        return found

    async def _read_only(self, world: World, path: str, at: str, source: str) -> Finding:
        lines = await _kernel_lines(world, re.compile("read-only|-fs error|shutting down", re.I))
        said = f"; the kernel: {lines[-1]}" if lines else ""
        return self.fail(
            f"{source} at {at} is read-only{said}",
            f"findmnt {at}; sudo journalctl -k -g 'error|read-only'",
            subject=path,
            evidence=lines[-10:],
        )


class DiskDying(Check):
    """The disk under Docker or under the state makes errors."""

    id = "disk.dying"
    subject = "disk"
    deadline = 20.0
    every = 600.0
    triggers = frozenset({Trigger.KERNEL, Trigger.SETTINGS})
    warns = True
    about = About(
        what="A disk that the stack lies on fails, or answers only after a timeout",
        seen="Lines of the kernel's log of the last hour that name the disk, its partition, its port or what lies below "
        "it: an I/O or medium error, an error of the file system, or three timeouts or resets; fewer of these are a "
        "warning. SMART is not asked, for it would need rights over the disk",
        why="What it cannot read is lost, and a restart reads everything anew from it. It is rarely the last error",
        we="It starts and restarts nothing while that is so, Docker included, and removes nothing. It does not stop what "
        "runs: a stop writes, and what is in memory may be the only copy left",
        you="Save what matters to another disk now, then look at the disk's own record, its cable and its power, and "
        "replace it",
        commands=(
            "sudo journalctl -k -g 'I/O error|timeout|reset'",
            "sudo smartctl -a /dev/DISK",
            "sudo nvme smart-log /dev/NVME",
        ),
    )

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now

    def applies(self, world: World) -> bool:
        """Not in a container, whose disks are its host's, and which does not see the kernel's log."""
        return not world.condition.contained()

    async def ask(self, world: World) -> list[Finding]:
        """Read the end of the kernel's log in a job, for the disks by all their names."""
        text = await world.kernel_log.read(KERNEL)
        recent = [it for it in text.splitlines() if self._is_recent(it)]
        found: list[Finding] = []
        async for place in places(world):
            if place.disk is not None:
                names = world.condition.disk_names(place.disk.device)
                found.append(self._judge(place.path, names, recent))
        return found

    def _judge(self, path: str, names: frozenset[str], lines: Sequence[str]) -> Finding:
        mine = [it for it in lines if names & set(re.findall(r"[A-Za-z0-9_-]+", _text(it)))]
        broken = [it for it in mine if BROKEN.search(_text(it))]
        slow = [it for it in mine if SLOW.search(_text(it)) and it not in broken]
        disk = ", ".join(sorted(names)) or path
        fix = "sudo journalctl -k -g 'I/O error|timeout|reset'; save what matters to another disk"
        if broken:
            said = f"{_errors(len(broken))} within an hour, last: {_text(broken[-1])}"
            return self.fail(f"{disk}: {said}", fix, subject=path, evidence=broken[-10:])
        if slow:
            said = (
                f"{disk}: answered late {_times(len(slow))} within an hour, last: {_text(slow[-1])}"
            )
            told = self.fail if len(slow) >= SEVERAL else self.warn
            return told(said, fix, subject=path, evidence=slow[-10:])
        return self.passed("the kernel tells of no error", subject=path)

    def _is_recent(self, line: str) -> bool:
        at = re.match(r"\[ *(\d+\.\d+)\]", line)
        return at is not None and self._now() - float(at[1]) <= RECENT


def _text(line: str) -> str:
    return line.partition("] ")[2]


def _errors(count: int) -> str:
    return f"{count} error" + ("" if count == 1 else "s")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


async def _kernel_lines(world: World, of: re.Pattern[str]) -> Sequence[str]:
    """Lines of the kernel's log; none where it cannot be read."""
    try:
        text = await world.kernel_log.read(KERNEL)
    except JobFailed:
        return ()
    return [_text(it) for it in text.splitlines() if of.search(it)]


CHECKS: tuple[Check, ...] = (FsReadOnly(), DiskDying())

BEFORE_INSTALL: tuple[Check, ...] = (FsReadOnly(),)
"""What an install asks: on a disk that takes no writes it would end halfway."""
