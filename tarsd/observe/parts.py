"""The machine's own parts of the status: GPU, NAS, disk."""

import asyncio
from collections.abc import Callable

from tarsd.errors import GpuSilent
from tarsd.host import mounts
from tarsd.host.blocking import Asker
from tarsd.host.disk import usage
from tarsd.host.gpu import Gpus
from tarsd.observe.model import DiskStatus, GpuStatus, NasStatus
from tarsd.settings import Settings

DEADLINE = 1.3
"""Seconds for a file system to answer: tarsctl gives the daemon 2 s to its first byte."""


class Parts:
    """What can be told without the Engine; a part that cannot be asked says why."""

    def __init__(self, gpus: Gpus, settings: Callable[[], Settings]) -> None:
        self._gpus = gpus
        self._settings = settings
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
        settings = self._settings().nas
        path = settings.path
        if path is None or not settings.enabled:
            return NasStatus(configured=False, mounted=None, source=None, path=None, message=None)
        try:
            mount = mounts.find(path)
        except OSError as error:
            return NasStatus(
                configured=True, mounted=None, source=None, path=path, message=str(error)
            )
        message = None if mount else f"nothing is mounted at {path}"
        source = mount.source if mount else None
        return NasStatus(
            configured=True, mounted=mount is not None, source=source, path=path, message=message
        )

    async def disk(self, path: str) -> DiskStatus:
        """Free space on the file system of `path`."""
        try:
            found = await self._statvfs.ask(lambda: usage(path), DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            message = str(error) or "the file system does not answer"
            return DiskStatus(path=path, free_bytes=None, total_bytes=None, message=message)
        return DiskStatus(path=path, free_bytes=found.free, total_bytes=found.total, message=None)
