"""The end of the kernel's log, read by a job: the daemon itself may not."""

from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

SYSLOG = 34
"""capability.h"""

RIGHTS: Properties = {"CapabilityBoundingSet": ("t", 1 << SYSLOG)}

LINES = 200


class KernelTail:
    """Asked anew each time."""

    def __init__(self, jobs: OwnJobs) -> None:
        self._jobs = jobs

    async def read(self, deadline: float) -> str:
        """Its last lines. Raises JobFailed."""
        found = await self._jobs.ask("kernel-tail", LINES, deadline=deadline, rights=RIGHTS)
        return str(found)
