"""The mount unit on the machine: its file through a job, the rest through systemd."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from tarsd.errors import JobFailed
from tarsd.host import mounts, systemd
from tarsd.host.mounts import Mount
from tarsd.host.nas.unit import DIRECTORY, TIMEOUT, unit_name
from tarsd.host.own_jobs import OwnJobs

T = TypeVar("T")

DEADLINE = 4.0 * TIMEOUT
"""Seconds for systemd to mount or unmount: its own limit once for the command, again after each of two signals, and
what stands before it in the queue."""


class MountUnits(Protocol):
    """What an operation does with mount units; a test has its own."""

    async def read(self, path: str) -> str | None:
        """The text of the unit's file for a mount at `path`; None if there is none. Raises JobFailed."""
        ...

    async def write(self, path: str, text: str | None) -> None:
        """Write the file, or remove it, and enable or disable the unit. Raises JobFailed."""
        ...

    async def start(self, path: str) -> str:
        """Mount; returns systemd's word for how that ended. Raises JobFailed."""
        ...

    async def stop(self, path: str) -> None:
        """Unmount; nothing is mounted afterwards. Raises JobFailed."""
        ...

    async def tidy(self, path: str, *, parent_too: bool) -> None:
        """Remove the mount point, if it is empty, and then its parent. Raises JobFailed."""
        ...

    def mounted(self, path: str) -> Mount | None:
        """What is mounted there now. Raises OSError."""
        ...


class SystemdMountUnits:
    """Those of this machine. Threads of its own: a mount that hangs costs one of them, until its deadline."""

    def __init__(self, jobs: OwnJobs) -> None:
        self._jobs = jobs
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mount-unit")

    async def read(self, path: str) -> str | None:
        """See MountUnits.read."""
        return await self._file(path, "read", None)

    async def write(self, path: str, text: str | None) -> None:
        """See MountUnits.write."""
        name = unit_name(path)
        if text is None:
            if await self.read(path) is None:
                return
            await self._in_thread(lambda: systemd.set_enabled(name, enabled=False))
            await self._file(path, "remove", None)
            await self._in_thread(systemd.reload)
            await self._in_thread(lambda: systemd.reset_failed(name))
            return
        await self._file(path, "write", text)
        await self._in_thread(lambda: systemd.set_enabled(name, enabled=True))
        await self._in_thread(systemd.reload)

    async def start(self, path: str) -> str:
        """See MountUnits.start."""
        return await self._in_thread(lambda: systemd.start_unit(unit_name(path), DEADLINE))

    async def stop(self, path: str) -> None:
        """See MountUnits.stop."""
        if self.mounted(path) is None:
            return
        told = ""
        try:
            await self._in_thread(lambda: systemd.stop_unit(unit_name(path), DEADLINE))
        except JobFailed as error:  # what counts is whether it is gone
            told = f": {error.message}"
        if (left := self.mounted(path)) is not None:
            raise JobFailed(
                f"cannot unmount {path}: {left.source} is still mounted there{told}",
                fix=f"sudo umount --lazy {path}",
            )

    async def tidy(self, path: str, *, parent_too: bool) -> None:
        """See MountUnits.tidy."""
        parent = Path(path).parent
        rights = {"ReadWritePaths": ("as", [f"-{parent.parent}"]), "ProtectHome": ("s", "no")}
        directories = [path, str(parent)] if parent_too else [path]
        await self._jobs.ask("nas-place", directories, deadline=10, rights=rights)

    def mounted(self, path: str) -> Mount | None:
        """See MountUnits.mounted."""
        return mounts.find(path)

    async def _file(self, path: str, act: str, text: str | None) -> str | None:
        answer = await self._jobs.ask(
            "nas-unit",
            {"name": unit_name(path), "act": act, "text": text},
            deadline=15,
            rights={"ReadWritePaths": ("as", [str(DIRECTORY)])},
        )
        before: str | None = answer["before"]
        return before

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
