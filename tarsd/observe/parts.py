"""The machine's own parts of the status: GPU, NAS, disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statvfs")

    def gpu(self) -> list[GpuStatus]:
        """The NVIDIA cards."""
        return [GpuStatus(**vars(gpu)) for gpu in self._gpus.all()]

    def nas(self) -> NasStatus:
        """Whether the documents' mount is there; the mount itself is never touched."""
        return self._nas()

    async def disk(self, path: str) -> DiskStatus:
        """Free space on the file system of `path`."""
        loop = asyncio.get_running_loop()
        try:
            found = await asyncio.wait_for(
                loop.run_in_executor(self._thread, usage, path), DEADLINE
            )
        except (OSError, asyncio.TimeoutError) as error:
            message = str(error) or "the file system does not answer"
            return DiskStatus(path=path, free_bytes=None, total_bytes=None, message=message)
        return DiskStatus(path=path, free_bytes=found.free, total_bytes=found.total, message=None)
