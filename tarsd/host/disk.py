"""Free space and free inodes where the stack's data lies."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

from tarsd.errors import HostSilent
from tarsd.host.blocking import Asker

DEADLINE = 3.0
"""Seconds for a local file system to answer; it takes microseconds unless its disk is dying."""


@dataclass(frozen=True)
class Disk:
    """Bytes and inodes of the file system that holds `path`; free is what services other than root's can still take.

    `device` is the same for paths on one file system. `inodes` is 0 for one that does not count them, as btrfs.
    """

    path: str
    free: int
    total: int
    device: int = 0
    inodes_free: int = 0
    inodes: int = 0


def usage(path: str) -> Disk:
    """Ask the file system. Raises OSError. Only for local paths: a dead NAS would hang the caller."""
    found = os.statvfs(path)
    return Disk(
        path,
        found.f_bavail * found.f_frsize,
        found.f_blocks * found.f_frsize,
        os.stat(path).st_dev,  # noqa: PTH116  beside statvfs, for which there is no Path
        found.f_favail,
        found.f_files,
    )


class Disks:
    """The same off the loop, one question at a time: a disk that hangs costs one thread and its askers a deadline."""

    def __init__(self, ask: Callable[[str], Disk] = usage) -> None:
        self._ask = ask
        self._asker = Asker("statvfs")

    async def usage(self, path: str) -> Disk:
        """Raises HostSilent, OSError."""
        try:
            return await self._asker.ask(lambda: self._ask(path), DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                f"cannot tell the free space of {path}: its file system does not answer",
                fix="journalctl -k -g 'I/O error|hung task'",
            ) from error
