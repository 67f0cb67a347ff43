"""Takes back what a run of the doctor did to files and units."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tarsd.errors import HostSilent, JobFailed
from tarsd.host.blocking import Asker
from tarsd.host.edits.hands import undo
from tarsd.host.edits.record import Edit, Enabled, Entry, Record
from tarsd.host.edits.runs import Run, Runs
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.unit_hands import SystemdUnits

T = TypeVar("T")

DEADLINE = 10.0
"""Seconds for the disk to give a record."""


class TakingBack:
    """What a restart or a reload did cannot be taken back, and is in no record."""

    def __init__(self, runs: Runs, jobs: OwnJobs) -> None:
        self.runs = runs
        self._jobs = jobs
        self._asker = Asker("doctor-record")

    async def new(self) -> Run:
        """A run to keep edits in. Raises HostSilent."""
        return await self._ask(self.runs.new, "begin a run of the doctor")

    async def get(self, name: str) -> Run:
        """One there is. Raises NotFound, HostSilent."""
        return await self._ask(lambda: self.runs.get(name), f"find run {name}")

    async def drop_empty(self, run: Run) -> None:
        """Forget a run that has changed nothing. Raises HostSilent."""
        await self._ask(lambda: self.runs.drop_empty(run), f"forget run {run.id}")

    async def next(self, run: Run) -> int:
        """The number that the next act of the run will have in its record. Raises HostSilent."""
        return len(await self._entries(run)) + 1

    async def left(self, run: Run, since: int = 1) -> list[Entry]:
        """What is still to be taken back. Raises HostSilent."""
        entries = await self._entries(run)
        return [it for it in entries if it.number >= since and not it.undone]

    async def take_back(self, run: Run, since: int, *, force: bool) -> list[str]:
        """Take back what is left of a run from its entry `since` on. Returns the paths and units.

        Raises JobFailed, before anything is touched, where a file is not as the run left it; `force` keeps what is there
        in the run's directory and goes on.
        """
        left = await self.left(run, since)
        paths = [it.path for it in left if isinstance(it, Edit)]
        done: list[str] = []
        if paths:
            done += await undo(self._jobs, run, since, paths, force=force)
        units = SystemdUnits(lambda: run)
        for it in reversed(left):
            if isinstance(it, Enabled):
                await units.disable(it.unit)
                record = Record(run.directory)
                await self._ask(lambda at=it, to=record: to.mark_undone(at.number), "record it")
                done.append(it.unit)
        return done

    async def _entries(self, run: Run) -> list[Entry]:
        return await self._ask(Record(run.directory).entries, f"read the record of run {run.id}")

    async def _ask(self, look: Callable[[], T], what: str) -> T:
        try:
            return await self._asker.ask(look, DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(f"cannot {what}: the disk does not answer") from error
        except (OSError, ValueError) as error:
            raise HostSilent(f"cannot {what}: {error}", fix="df -h /var/lib/tars-home") from error


def changed_since(error: JobFailed) -> bool:
    """Whether it is refused because somebody has changed a file after the run."""
    return "changed since" in error.message
