"""What an earlier daemon left behind: jobs that still run, files that were never finished."""

import asyncio

from structlog.typing import FilteringBoundLogger

from tarsd.configured import Configured
from tarsd.errors import JobFailed
from tarsd.host.files import sweep
from tarsd.host.jobs import Jobs
from tarsd.operations.bundle.private import swept
from tarsd.paths import Paths

JOBS = 60.0
"""Seconds for the jobs to be stopped; each is killed after 10."""


class Leftovers:
    """Puts them away, once, before records are taken over and anything else writes."""

    def __init__(
        self, jobs: Jobs, configured: Configured, paths: Paths, log: FilteringBoundLogger
    ) -> None:
        self._jobs = jobs
        self._configured = configured
        self._paths = paths
        self._log = log

    async def put_away(self) -> None:
        """Stop the jobs, remove the files. What cannot be is told in the journal and stays."""
        try:
            await asyncio.wait_for(self._stop_jobs(), JOBS)
        except asyncio.TimeoutError:
            self._log.error("jobs.unstopped", message=f"leftover jobs do not end in {JOBS} s")
        await asyncio.to_thread(self._sweep)

    async def _stop_jobs(self) -> None:
        try:
            for name in await self._jobs.stop_leftovers():
                self._log.warning("job.stopped", unit=name)
        except JobFailed as error:
            self._log.error("jobs.unreachable", message=error.message)

    def _sweep(self) -> None:
        if not self._configured.settle():
            self._log.error("file.unswept", message="the disk has not taken the settings yet")
            return
        paths = self._paths
        for directory, put_away in (
            (paths.conf_d, sweep),
            (paths.state, sweep),
            (paths.secrets, sweep),
            (paths.generations, sweep),
            (paths.backups, sweep),
            (paths.bundles, swept),
        ):
            try:
                for path in put_away(directory):
                    self._log.warning("file.unfinished", removed=str(path))
            except OSError as error:
                self._log.error("file.unswept", directory=str(directory), message=str(error))
