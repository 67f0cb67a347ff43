"""Jobs: work in a transient systemd unit of its own (`tars-job-*`), with its own limits, rights and deadline."""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from tarsd.errors import JobFailed
from tarsd.host import systemd
from tarsd.host.pipes import Pipe, source_of

PREFIX = "tars-job-"

STOP_DEADLINE = 15.0
"""Seconds for a job that is not wanted any more to be gone: its unit is killed after 10."""


READ_DEADLINE = 10.0
"""Seconds for what a job wrote to be read to its end, once the job itself has ended."""


@dataclass(frozen=True)
class Job:
    """What to run. `deadline` is in seconds, `memory` in bytes; rights are systemd properties that add to the bare set.

    `given` is what it reads on standard input, at most a pipe's 64 KiB: secrets go there, for a unit's arguments and
    environment can be read by everyone.

    `subject` is what it acts on: no job is started beside one of the same subject that could not be stopped.

    `heard` is told each piece of its standard output as it comes.
    """

    name: str
    argv: Sequence[str]
    deadline: float
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    memory: int = 512 * 1024 * 1024
    rights: systemd.Properties = field(default_factory=dict[str, tuple[str, object]])
    given: bytes = b""
    subject: str | None = None
    heard: Callable[[bytes], None] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job ended: exit status, and what it wrote."""

    status: int
    output: bytes
    errors: str


class Units(Protocol):
    """What jobs need of systemd; tarsd.host.systemd says what each promises. All of it blocks."""

    def run_unit(
        self, name: str, properties: systemd.Properties, deadline: float
    ) -> systemd.UnitEnd: ...

    def stop_unit(self, name: str) -> None: ...

    def list_units(self, pattern: str) -> list[str]: ...


class Jobs(Protocol):
    """Runs jobs; the daemon's are systemd's."""

    async def run(self, job: Job) -> Outcome:
        """Run to the end. Raises JobFailed if it could not be started or ran past its deadline."""
        ...

    async def stop_leftovers(self) -> list[str]:
        """Stop jobs an earlier daemon left behind; returns their names. Raises JobFailed."""
        ...

    @property
    def strays(self) -> Sequence[str]:
        """Units that were told to end and are not known to be gone."""
        ...

    def close(self) -> None:
        """Let the threads go; whatever still runs in its unit goes on there."""
        ...


@dataclass(frozen=True)
class _Stray:
    """A unit that may be running although nobody waits for it; its start may not even have reached systemd yet."""

    subject: str
    start: asyncio.Future[systemd.UnitEnd]


class SystemdJobs:
    """Jobs as transient units. Whenever `run` does not end by returning an outcome, it stops the unit."""

    def __init__(self, workers: int = 8, units: Units = systemd) -> None:
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="job")
        self._units = units
        self._strays: dict[str, _Stray] = {}
        """Units that are not known to be gone."""

    async def run(self, job: Job) -> Outcome:
        """See Jobs.run."""
        subject = job.subject or job.name
        await self._stop_strays(job, subject)
        unit = f"{PREFIX}{job.name}-{secrets.token_hex(4)}.service"
        loop = asyncio.get_running_loop()
        output, errors = Pipe(), Pipe()
        readers = [
            asyncio.create_task(output.read(loop, job.heard)),
            asyncio.create_task(errors.read(loop)),
        ]
        properties = _properties(job, output.write_end, errors.write_end)
        source = source_of(job.given)
        properties |= {"StandardInputFileDescriptor": ("h", source)} if source is not None else {}
        work = loop.run_in_executor(
            self._threads, self._units.run_unit, unit, properties, job.deadline
        )
        work.add_done_callback(lambda _: _close(output, errors, source))
        try:
            end = await _ended(job, work)
            said = await _said(job, readers)
        except BaseException:
            # However it failed, the unit may be running: what comes next, such as an undo, must not run beside it.
            self._strays[unit] = _Stray(subject, work)
            await asyncio.shield(self._stop(unit))
            raise
        finally:
            for reader in readers:
                reader.cancel()
        if end.result == "timeout":
            raise JobFailed(
                f"cannot finish {_words(job)}: it ran past its {job.deadline:.0f} s",
                fix=f"journalctl -u {unit}",
            )
        return Outcome(end.status, said[0], said[1].decode(errors="replace"))

    async def stop_leftovers(self) -> list[str]:
        """See Jobs.stop_leftovers."""
        loop = asyncio.get_running_loop()
        names = await loop.run_in_executor(self._threads, self._units.list_units, f"{PREFIX}*")
        for name in names:
            with suppress(systemd.NoSuchUnit):  # it has ended by itself meanwhile
                await loop.run_in_executor(self._threads, self._units.stop_unit, name)
        return names

    @property
    def strays(self) -> Sequence[str]:
        """See Jobs.strays."""
        return sorted(self._strays)

    def close(self) -> None:
        """See Jobs.close."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _stop_strays(self, job: Job, subject: str) -> None:
        """Raises JobFailed while an earlier job of the same subject may be running."""
        for unit in [it for it, stray in self._strays.items() if stray.subject == subject]:
            await self._stop(unit)
            if unit in self._strays:
                raise JobFailed(
                    f"cannot start {_words(job)}: {unit} could not be stopped and may be running",
                    fix=f"sudo systemctl stop {unit}",
                )

    async def _stop(self, unit: str) -> None:
        """Stop a stray until it is gone for certain, or the deadline; only then is it no stray any more."""
        loop = asyncio.get_running_loop()
        end = loop.time() + STOP_DEADLINE
        while unit in self._strays and (left := end - loop.time()) > 0:
            started = self._strays[unit].start.done()
            stopping = loop.run_in_executor(None, self._units.stop_unit, unit)
            stopping.add_done_callback(_look_at)
            await asyncio.wait([stopping], timeout=left)
            if started and stopping.done() and _is_gone(stopping.exception()):
                self._strays.pop(unit, None)
            else:
                await asyncio.sleep(0.2)


def _is_gone(error: BaseException | None) -> bool:
    return error is None or isinstance(error, systemd.NoSuchUnit)


async def _ended(job: Job, work: asyncio.Future[systemd.UnitEnd]) -> systemd.UnitEnd:
    """How the unit ended. Raises JobFailed; the thread that asks may then be stuck, which cancels nothing."""
    work.add_done_callback(_look_at)
    await asyncio.wait([work], timeout=job.deadline + systemd.LONGEST_TALK)
    if not work.done():
        raise JobFailed(
            f"cannot finish {_words(job)}: systemd does not say what became of it",
            fix="systemctl status dbus",
        )
    return work.result()


async def _said(job: Job, readers: Sequence[asyncio.Task[bytes]]) -> Sequence[bytes]:
    """What it wrote. Raises JobFailed where something of it is left that keeps its output open."""
    try:
        return await asyncio.wait_for(asyncio.gather(*readers), READ_DEADLINE)
    except asyncio.TimeoutError as error:
        raise JobFailed(
            f"cannot read what {_words(job)} said: its output is still open {READ_DEADLINE:.0f} s after its end",
            fix="systemctl list-units 'tars-job-*'",
        ) from error


def _words(job: Job) -> str:
    return " ".join(job.argv[:3])


def _look_at(work: asyncio.Future[Any]) -> None:
    """Take note of an error that comes when nobody waits any more, or asyncio reports it as lost."""
    if not work.cancelled():
        work.exception()


def _close(output: Pipe, errors: Pipe, source: int | None) -> None:
    output.close_write()
    errors.close_write()
    if source is not None:
        os.close(source)


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
