"""What is seen at a mounted share, by jobs that may hang in its stead: one at a time, remembered for a while."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tarsd.errors import JobFailed
from tarsd.host.mounts import Mount
from tarsd.host.nas import cifs_refusals
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

SECONDS = 25.0
"""Before a look counts as hung: disks that sleep take ten to spin up, one after the other in a bigger NAS."""

PATIENCE = 12.0
"""Seconds for what passes while the kernel connects anew to a server that has come back."""

EVERY = 290.0
"""Seconds that a good look is believed: a job costs as much as a thousand other questions."""

AFTER_FAILURE = 45.0
"""Seconds that one which found something wrong is believed."""

AFTER_REFUSAL = 1800.0
"""Seconds that one which met a refused password is believed: each look more has the kernel sign in once more, and some
servers lock a user out for that. A new mount, a change of the NAS and a test that works end it at once."""

_DENIED = frozenset({1, 13, 127, 128, 129})
"""EPERM, EACCES, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED."""

_GONE = frozenset({2, 6})
"""ENOENT, ENXIO."""

_NO_SHARE = "STATUS_BAD_NETWORK_NAME"

Blame = Literal["auth", "share", "stale"]

_SYSLOG = 34
"""capability.h."""

RIGHTS: Properties = {
    "CapabilityBoundingSet": ("t", 1 << _SYSLOG),
    # What is mounted below /home cannot be seen otherwise.
    "ProtectHome": ("s", "read-only"),
}


@dataclass(frozen=True)
class Look:
    """`number` is errno(3)'s of what failed, None where all could be read; `marker`: whether it is there, None if not known.

    `kernel` is what the kernel logged about network mounts lately, only where something is wrong.
    """

    hung: bool = False
    number: int | None = None
    marker: bool | None = None
    kernel: tuple[str, ...] = ()
    inside: Mapping[int, str | None] = field(default_factory=dict[int, str | None])
    """For each process that was asked about the device that it has there (None: nothing); not for one that has ended."""

    @property
    def fine(self) -> bool:
        """Whether the share can be read."""
        return not self.hung and self.number is None

    @property
    def blames(self) -> Blame | None:
        """What one that failed speaks against; None for one that did not. The kernel's reason counts before the number."""
        if self.fine:
            return None
        kernel = "\n".join(self.kernel)
        if cifs_refusals.signs_nobody_in(kernel):
            return "auth"
        if cifs_refusals.last_status(kernel) == _NO_SHARE:
            return "share"
        if self.number in _DENIED:
            return "auth"
        return "share" if self.number in _GONE else "stale"

    @property
    def believed(self) -> float:
        """For how many seconds."""
        return {None: EVERY, "auth": AFTER_REFUSAL}.get(self.blames, AFTER_FAILURE)


_Key = tuple[str, str, str | None, frozenset[tuple[int, str]]]


class Looks:
    """A look that hangs is given up with its job, and no other is begun beside it: at most one hangs for a mount."""

    def __init__(self, jobs: OwnJobs) -> None:
        self._jobs = jobs
        self._one = asyncio.Lock()
        self._last: tuple[_Key, float, Look] | None = None

    async def at(
        self, mount: Mount, marker: str | None, inside: frozenset[tuple[int, str]] = frozenset()
    ) -> Look:
        """What is seen there, now or not long ago; `inside` are processes, each with its own path to the same.

        Raises JobFailed where no look could be had.
        """
        async with self._one:
            key = (mount.path, mount.device, marker, inside)
            now = asyncio.get_running_loop().time()
            if self._last is not None and self._last[0] == key:
                _, at, look = self._last
                if now - at < look.believed:
                    return look
            look = await self._look(mount.path, marker, inside)
            self._last = (key, asyncio.get_running_loop().time(), look)
            return look

    def forget(self) -> None:
        """Something has happened: look anew the next time."""
        self._last = None

    def doubt(self) -> None:
        """Look anew the next time, unless something was wrong already."""
        if self._last is not None and self._last[2].fine:
            self._last = None

    async def _look(
        self, path: str, marker: str | None, inside: frozenset[tuple[int, str]]
    ) -> Look:
        given = {
            "path": path,
            "marker": marker,
            "inside": sorted(inside),
            "seconds": SECONDS,
            "patience": PATIENCE,
        }
        try:
            found = await self._jobs.ask("nas-look", given, deadline=SECONDS + 10, rights=RIGHTS)
        except JobFailed as error:
            # It did not come to its end, or an earlier one still has not: that is what hanging looks like from here.
            if "ran past its" in error.message or "may be running" in error.message:
                return Look(hung=True)
            raise
        seen = {int(pid): device for pid, device in found["inside"].items()}
        return Look(found["hung"], found["number"], found["marker"], tuple(found["kernel"]), seen)
