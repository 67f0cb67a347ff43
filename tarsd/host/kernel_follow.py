"""Follows the kernel's log without a process for it: a job opens it, and hands the open file over.

/dev/kmsg asks for rights when it is opened, not when it is read. The daemon itself has none and sees no device; with
the open
file it is woken when the kernel logs something, and costs nothing while it does not.
"""

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from tarsd.errors import JobFailed
from tarsd.host.in_job.kernel_tail import LONGEST_RECORD
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.kernel_tail import RIGHTS
from tarsd.host.own_jobs import OwnJobs

DEADLINE = 10.0
"""Seconds for the job and for what it hands over."""

AT_ONCE = 200
"""Records that are read at a time; a kernel that logs more than that a second is read a part each second."""

PAUSE = 1.0
"""Seconds between two times in which it is read: a flood of lines must not keep the daemon busy."""

TOLD = 10.0
"""The same after something was told: a card that fails in a loop must not have everybody asked all the time."""

AGAIN = 3600.0
"""Seconds before a log that could not be opened is tried again: in most containers there is none."""


class KernelFollower:
    """`told` is called with the kinds of what is new, not with what was logged before it was opened."""

    def __init__(
        self,
        jobs: OwnJobs,
        notes: KernelNotes,
        directory: Path,
        told: Callable[[frozenset[str]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._jobs = jobs
        self._notes = notes
        self._socket = directory / "kernel.sock"
        self._told = told
        self._log = log

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._follow(await self._open())
            except (JobFailed, OSError, asyncio.TimeoutError) as error:
                reason = str(error) or "it was not handed over in time"
                self._log.info("kernel.unfollowed", message=reason)
            self._notes.followed = False
            await asyncio.sleep(AGAIN)

    async def _open(self) -> int:
        """The open log. Raises JobFailed, OSError, asyncio.TimeoutError."""
        loop = asyncio.get_running_loop()
        self._socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.setblocking(False)
            server.bind(str(self._socket))  # the umask makes it root's alone
            server.listen(1)
            job = asyncio.ensure_future(
                self._jobs.ask("kernel-open", str(self._socket), deadline=DEADLINE, rights=RIGHTS)
            )
            taking = asyncio.ensure_future(_taken(loop, server))
            try:
                await asyncio.wait(
                    {job, taking}, timeout=DEADLINE, return_when=asyncio.FIRST_EXCEPTION
                )
                if job.done():
                    job.result()
                return await asyncio.wait_for(taking, 1)
            finally:
                taking.cancel()
                job.cancel()
                await asyncio.gather(job, return_exceptions=True)
                self._socket.unlink(missing_ok=True)

    async def _follow(self, descriptor: int) -> None:
        """Until it cannot be read any more. Raises OSError."""
        loop = asyncio.get_running_loop()
        try:
            count = AT_ONCE
            while count == AT_ONCE:  # of this boot, a part at a time
                count, _ = self._read(descriptor)
                await asyncio.sleep(0)
            self._log.info("kernel.followed")
            self._notes.followed = True
            while True:
                ready = asyncio.Event()
                loop.add_reader(descriptor, ready.set)
                try:
                    await ready.wait()
                finally:
                    loop.remove_reader(descriptor)
                _, kinds = self._read(descriptor)
                if kinds:
                    self._told(kinds)
                await asyncio.sleep(TOLD if kinds else PAUSE)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> tuple[int, frozenset[str]]:
        """Take what there is, a part of it at most: how many records, and the kinds of what matters. Raises OSError."""
        kinds: set[str] = set()
        count = 0
        with suppress(BlockingIOError):  # that was all
            while count < AT_ONCE:
                count += 1
                try:
                    raw = os.read(descriptor, LONGEST_RECORD)
                except BrokenPipeError:  # overwritten before it was read; the next one is there
                    continue
                if (kind := self._note(raw)) is not None:
                    kinds.add(kind)
            return count, frozenset(kinds)
        return count - 1, frozenset(kinds)

    def _note(self, raw: bytes) -> str | None:
        """`6,1234,5678901,-;text`: facility and level, number, microseconds; what follows a line break are details.

        What programs write there is of another facility than the kernel's own (0), and is passed over.
        """
        head, _, text = raw.decode(errors="replace").partition(";")
        fields = head.split(",")
        if len(fields) < 3 or not (fields[0].isdigit() and fields[2].isdigit()):
            return None
        if int(fields[0]) >> 3:
            return None
        return self._notes.take(int(fields[2]) / 1e6, text.partition("\n")[0])


async def _taken(loop: asyncio.AbstractEventLoop, server: socket.socket) -> int:
    """What is handed over. Raises OSError: it is not the kernel's log."""
    end, _ = await loop.sock_accept(server)
    with end:
        ready = asyncio.Event()
        loop.add_reader(end, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(end)
        _, descriptors, _, _ = socket.recv_fds(end, 1, 1)
    for descriptor in descriptors:
        if is_the_log(descriptor):
            os.set_blocking(descriptor, False)
            return descriptor
        os.close(descriptor)
    raise OSError("what was handed over is not the kernel's log")


def is_the_log(descriptor: int) -> bool:
    """Whether it is /dev/kmsg that is open there."""
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == os.makedev(1, 11)
