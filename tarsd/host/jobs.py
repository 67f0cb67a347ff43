"""Jobs: work in a transient systemd unit of its own (`tars-job-*`), with its own limits, rights and deadline."""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from tarsd.errors import JobFailed
from tarsd.host import systemd

PREFIX = "tars-job-"

KEPT_OUTPUT = 8 * 1024 * 1024
"""Bytes of a job's standard output that are kept; what comes after is read and dropped."""


PIPE = 64 * 1024
"""Bytes a pipe takes before anybody reads (pipe(7))."""


STOP_DEADLINE = 15.0
"""Seconds for a cancelled job to be gone: its unit is killed after 10."""


@dataclass(frozen=True)
class Job:
    """What to run. `deadline` is in seconds, `memory` in bytes; rights are systemd properties that add to the bare set.

    `given` is what it reads on standard input, at most a pipe's 64 KiB: secrets go there, for a unit's arguments and
    environment can be read by everyone.
    """

    name: str
    argv: Sequence[str]
    deadline: float
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    memory: int = 512 * 1024 * 1024
    rights: systemd.Properties = field(default_factory=dict[str, tuple[str, object]])
    given: bytes = b""


@dataclass(frozen=True)
class Outcome:
    """How a job ended: exit status, and what it wrote."""

    status: int
    output: bytes
    errors: str


class Jobs(Protocol):
    """Runs jobs; the daemon's are systemd's."""

    async def run(self, job: Job) -> Outcome:
        """Run to the end. Raises JobFailed if it could not be started or ran past its deadline."""
        ...

    async def stop_leftovers(self) -> list[str]:
        """Stop jobs an earlier daemon left behind; returns their names. Raises JobFailed."""
        ...

    def close(self) -> None:
        """Let the threads go; whatever still runs in its unit goes on there."""
        ...


class SystemdJobs:
    """Jobs as transient units. Cancelling `run` stops the unit."""

    def __init__(self, workers: int = 8) -> None:
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="job")

    async def run(self, job: Job) -> Outcome:
        """See Jobs.run."""
        unit = f"{PREFIX}{job.name}-{secrets.token_hex(4)}.service"
        loop = asyncio.get_running_loop()
        output, errors = _Pipe(), _Pipe()
        readers = [asyncio.create_task(pipe.read(loop)) for pipe in (output, errors)]
        properties = _properties(job, output.write_end, errors.write_end)
        source = _source(job.given)
        properties |= {"StandardInputFileDescriptor": ("h", source)} if source is not None else {}
        work = loop.run_in_executor(self._threads, systemd.run_unit, unit, properties, job.deadline)
        work.add_done_callback(lambda _: _close(output, errors, source))
        try:
            end = await asyncio.shield(work)
            said = await asyncio.wait_for(asyncio.gather(*readers), 10)
        except asyncio.CancelledError:
            await asyncio.shield(_stop(unit, work))
            raise
        finally:
            for reader in readers:
                reader.cancel()
        if end.result == "timeout":
            raise JobFailed(
                f"cannot finish {' '.join(job.argv[:3])}: it ran past its {job.deadline:.0f} s",
                fix=f"journalctl -u {unit}",
            )
        return Outcome(end.status, said[0], said[1].decode(errors="replace"))

    async def stop_leftovers(self) -> list[str]:
        """See Jobs.stop_leftovers."""
        loop = asyncio.get_running_loop()
        names = await loop.run_in_executor(self._threads, systemd.list_units, f"{PREFIX}*")
        for name in names:
            await loop.run_in_executor(self._threads, systemd.stop_unit, name)
        return names

    def close(self) -> None:
        """See Jobs.close."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _stop(unit: str, work: asyncio.Future[systemd.UnitEnd]) -> None:
    """Stop a unit and wait until it is gone; its start may not even have reached systemd yet."""
    loop = asyncio.get_running_loop()
    end = loop.time() + STOP_DEADLINE
    while not work.done() and loop.time() < end:
        with suppress(JobFailed):  # no such unit yet, or no longer
            await loop.run_in_executor(None, systemd.stop_unit, unit)
        await asyncio.wait([work], timeout=0.2)
    with suppress(JobFailed, asyncio.InvalidStateError):
        work.result()


def _source(given: bytes) -> int | None:
    """The read end of a pipe that holds `given` and nothing after it; None where there is nothing to give."""
    if not given:
        return None
    if len(given) > PIPE:
        raise ValueError(f"a job can be given {PIPE} bytes, not {len(given)}")
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.write(write_end, given)
    os.close(write_end)
    return read_end


def _close(output: "_Pipe", errors: "_Pipe", source: int | None) -> None:
    output.close_write()
    errors.close_write()
    if source is not None:
        os.close(source)


class _Pipe:
    """One output of a job: the unit holds the write end, we read until it is closed."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self._open = True

    def close_write(self) -> None:
        if self._open:
            self._open = False
            os.close(self.write_end)

    async def read(self, loop: asyncio.AbstractEventLoop) -> bytes:
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._read_end, "rb", 0)
        )
        kept = bytearray()
        try:
            while chunk := await reader.read(65536):
                kept += chunk[: KEPT_OUTPUT - len(kept)]
        finally:
            transport.close()
        return bytes(kept)


def _properties(job: Job, output: int, errors: int) -> dict[str, tuple[str, object]]:
    """A oneshot unit: its start job ends when the process does, and its start timeout is the job's deadline."""
    microseconds = int(job.deadline * 1_000_000)
    return {
        "Description": ("s", f"tars-home job: {job.name}"),
        "Type": ("s", "oneshot"),
        "CollectMode": ("s", "inactive-or-failed"),
        "ExecStart": ("a(sasb)", [(job.argv[0], list(job.argv), False)]),
        "Environment": ("as", [f"{key}={value}" for key, value in job.environment.items()]),
        "StandardOutputFileDescriptor": ("h", output),
        "StandardErrorFileDescriptor": ("h", errors),
        "TimeoutStartUSec": ("t", microseconds),
        "TimeoutStopUSec": ("t", 10_000_000),
        "MemoryMax": ("t", job.memory),
        "TasksMax": ("t", 256),
        "UMask": ("u", 0o077),
        "LimitCORE": ("t", 0),
        "NoNewPrivileges": ("b", True),
        "ProtectHome": ("s", "yes"),
        "ProtectSystem": ("s", "strict"),
        "PrivateTmp": ("b", True),
        "CapabilityBoundingSet": ("t", 0),
        **job.rights,
    }
