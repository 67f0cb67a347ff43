"""Jobs as plain child processes: for machines without systemd. Only the limits that a test needs are kept."""

import asyncio
import os
from collections.abc import Sequence

from tarsd.errors import JobFailed
from tarsd.host.jobs import Job, Outcome


class SubprocessJobs:
    """Cancelling `run` kills the child, and so does the end of the daemon: a unit would be stopped by the next one."""

    async def run(self, job: Job) -> Outcome:
        """See tarsd.host.jobs.Jobs.run."""
        child = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", "--"),
            *job.argv,
            env={"PATH": os.environ["PATH"], **job.environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await asyncio.wait_for(child.communicate(job.given), job.deadline)
        except asyncio.TimeoutError as error:
            raise JobFailed(f"cannot finish {job.name}: it ran past its deadline") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        assert child.returncode is not None
        return Outcome(child.returncode, output, errors.decode(errors="replace"))

    async def stop_leftovers(self) -> list[str]:
        """Nothing is left behind."""
        return []

    @property
    def strays(self) -> Sequence[str]:
        """See Jobs.strays."""
        return ()

    def close(self) -> None:
        """Nothing is open."""
