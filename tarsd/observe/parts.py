"""The machine's own parts of the status: GPU, NAS, disk."""

import asyncio
from collections.abc import Callable

from tarsd.errors import GpuSilent
from tarsd.host.blocking import Asker
from tarsd.host.disk import usage
from tarsd.host.gpu import Gpus
from tarsd.observe.model import DiskStatus, GpuStatus, NasStatus

DEADLINE = 1.3
"""Seconds for a file system to answer: tarsctl gives the daemon 2 s to its first byte."""


class Parts:
    """What can be told without the Engine; a part that cannot be asked says why."""

    def __init__(self, gpus: Gpus, nas: Callable[[], NasStatus]) -> None:
        self._gpus = gpus
        self._nas = nas
        self._statvfs = Asker("statvfs")

    async def gpu(self) -> list[GpuStatus]:
        """The NVIDIA cards; one row that says so where their driver does not answer."""
        try:
            found = await self._gpus.all(DEADLINE)
        except GpuSilent as error:
            return [GpuStatus(name="NVIDIA", driver=None, message=error.message)]
        return [GpuStatus(**vars(gpu)) for gpu in found]

    def nas(self) -> NasStatus:
        """Whether the documents' mount is there; the mount itself is never touched."""
        return self._nas()

    async def disk(self, path: str) -> DiskStatus:
        """Free space on the file system of `path`."""
        try:
            found = await self._statvfs.ask(lambda: usage(path), DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            message = str(error) or "the file system does not answer"
            return DiskStatus(path=path, free_bytes=None, total_bytes=None, message=message)
        return DiskStatus(path=path, free_bytes=found.free, total_bytes=found.total, message=None)
