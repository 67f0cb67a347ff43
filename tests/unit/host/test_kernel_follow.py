"""The kernel's log as it comes, through an open file that a job hands over; here a pipe stands for it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.host import kernel_follow
from tarsd.host.in_job import CannotAnswer, kernel_open
from tarsd.host.jobs import Job, Outcome
from tarsd.host.kernel_follow import AT_ONCE, KernelFollower
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.own_jobs import OwnJobs
from tests.unit.log import Log

XID = "4,{},{},-;NVRM: Xid (PCI:0000:01:00): 79, pid=1\n SUBSYSTEM=pci\n"


class Kernel:
    """Records, one a read, as /dev/kmsg gives them; a job that hands them over."""

    def __init__(self, directory: Path) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.theirs.setblocking(False)
        self.refuses: str | None = None
        self.told: list[frozenset[str]] = []
        self.notes = KernelNotes()
        self.log = Log()
        self.follower = KernelFollower(
            OwnJobs(self, Path("/nowhere")),
            self.notes,
            directory,
            self.told.append,
            self.log.logger,
        )
        self._directory = directory

    def says(self, record: str) -> None:
        self.ours.send(record.encode())

    async def run(self, job: Job) -> Outcome:
        assert job.rights["CapabilityBoundingSet"] == ("t", 1 << 34), "CAP_SYSLOG and nothing else"
        if self.refuses is not None:
            return Outcome(3, b"", self.refuses)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
            end.connect(str(self._directory / "kernel.sock"))
            socket.send_fds(end, [b"k"], [self.theirs.fileno()])
        return Outcome(0, b"true", "")

    async def stop_leftovers(self) -> list[str]:
        return []

    @property
    def strays(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kernel]:
    made = Kernel(tmp_path)

    def whatever(_: int) -> bool:
        return True

    monkeypatch.setattr(kernel_follow, "is_the_log", whatever)
    yield made
    made.ours.close()
    made.theirs.close()


async def until(kernel: Kernel, count: int) -> None:
    for _ in range(400):
        if len(kernel.told) >= count and kernel.notes.followed:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(kernel.log.entries)


async def test_what_was_logged_before_is_known_and_what_comes_is_told(kernel: Kernel) -> None:
    kernel.says(XID.format(1, 5_000_000))
    task = asyncio.create_task(kernel.follower.run())
    await until(kernel, 0)
    assert (len(kernel.notes.xids()), kernel.told) == (1, [])
    kernel.says("6,2,6000000,-;docker0: port 1 entered forwarding state\n")
    kernel.says(XID.format(3, 7_000_000))
    kernel.says("3,4,8000000,-;Out of memory: Killed process 1\n")
    await until(kernel, 1)
    task.cancel()
    assert frozenset[str]().union(*kernel.told) == {"xid", "memory"}
    assert [it.note.at for it in kernel.notes.xids()] == [5.0, 7.0]


async def test_what_programs_write_there_is_passed_over(kernel: Kernel) -> None:
    """Facility 1 and more; and what is no record at all."""
    kernel.says("12,1,5000000,-;NVRM: Xid (PCI:0000:01:00): 79, forged\n")
    kernel.says("nonsense")
    kernel.says(";")
    task = asyncio.create_task(kernel.follower.run())
    await until(kernel, 0)
    task.cancel()
    assert kernel.notes.xids() == []


async def test_a_flood_is_read_a_part_at_a_time(kernel: Kernel) -> None:
    task = asyncio.create_task(kernel.follower.run())
    await until(kernel, 0)
    loop = asyncio.get_running_loop()
    began = loop.time()
    sent = 0
    while sent < 3 * AT_ONCE:
        try:
            kernel.ours.setblocking(False)
            kernel.says(XID.format(sent, sent))
            sent += 1
        except BlockingIOError:
            await asyncio.sleep(0.05)
    await asyncio.sleep(5)
    task.cancel()
    assert len(kernel.told) <= loop.time() - began + 1, "once a second at most"


async def test_a_machine_without_such_a_log_is_told_once_and_proves_nothing(kernel: Kernel) -> None:
    kernel.refuses = "cannot open /dev/kmsg: No such file or directory\n"
    task = asyncio.create_task(kernel.follower.run())
    await asyncio.sleep(100)
    task.cancel()
    assert kernel.log.events() == ["kernel.unfollowed"]
    assert not kernel.notes.followed


async def test_what_is_handed_over_must_be_the_kernels_log(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    task = asyncio.create_task(kernel.follower.run())
    await asyncio.sleep(30)
    task.cancel()
    (entry,) = kernel.log.entries
    assert entry["message"] == "what was handed over is not the kernel's log"


def test_the_job_says_where_there_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(CannotAnswer, match="cannot open"):
        kernel_open.answer(str(tmp_path / "socket"), str(tmp_path / "kmsg"))


def test_the_job_hands_an_open_file_over(tmp_path: Path) -> None:
    (tmp_path / "kmsg").write_text("here")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen(1)
        assert kernel_open.answer(str(tmp_path / "socket"), str(tmp_path / "kmsg"))
        end, _ = server.accept()
        _, (descriptor,), _, _ = socket.recv_fds(end, 1, 1)
        assert os.read(descriptor, 10) == b"here"
        os.close(descriptor)
        end.close()
