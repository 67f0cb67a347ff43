"""What keeps the LAN from a port of this machine, asked in a job: the rules in force are shown to CAP_NET_ADMIN only."""

from dataclasses import dataclass

from tarsd.errors import JobFailed
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

DEADLINE = 10.0
"""Seconds."""

_RIGHTS: Properties = {
    "CapabilityBoundingSet": (
        "t",
        1 << 12
        | 1 << 13
        | 1 << 2,  # NET_ADMIN; NET_RAW for old iptables; DAC_READ_SEARCH for ufw's files
    ),
}


@dataclass(frozen=True)
class Firewall:
    """Looks when it is asked."""

    jobs: OwnJobs

    async def opens(self, port: int) -> str | None:
        """The command that would let TCP to this port in; None where nothing is known to keep it out."""
        try:
            found = await self.jobs.ask(
                "firewall-look", {"port": port}, deadline=DEADLINE, rights=_RIGHTS
            )
        except JobFailed:  # a hint; the page itself proves more
            return None
        return found["fix"]
