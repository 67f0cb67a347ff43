"""Trying a share: a job with the rights to mount, in a mount namespace of its own, with a deadline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tarsd.errors import JobFailed, NasRefused
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.refusal import slow
from tarsd.host.nas.share import Share
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties
from tarsd.nas_source import parse

DEADLINE = 45.0
"""Seconds for all of it; each step has its own and the longest two of them fit."""

_DAC_OVERRIDE, _DAC_READ_SEARCH, _SETPCAP, _NET_BIND_SERVICE, _SYS_ADMIN, _SYSLOG = (
    1,
    2,
    8,
    10,
    21,
    34,
)
"""capability.h. mount.cifs insists on the first three before it drops them; NFS asks from a port below 1024; the
server's own reason for a refusal stands in the kernel's log."""

RIGHTS: Properties = {
    "CapabilityBoundingSet": (
        "t",
        sum(
            1 << number
            for number in (
                _DAC_OVERRIDE,
                _DAC_READ_SEARCH,
                _SETPCAP,
                _NET_BIND_SERVICE,
                _SYS_ADMIN,
                _SYSLOG,
            )
        ),
    ),
    "PrivateMounts": ("b", True),
    # The place is looked at, too: what cannot be seen would pass for empty.
    "ProtectHome": ("s", "read-only"),
}


@dataclass(frozen=True)
class Wanted:
    """A share as a change and a request name it: `credentials` is the name of a file in the secrets directory."""

    source: str
    version: str
    credentials: str | None

    def share(self, files: CredentialFiles) -> Share:
        """As it is mounted."""
        credentials = None if self.credentials is None else files.path(self.credentials)
        return Share(parse(self.source), self.version, credentials)


class Trials:
    """Tries shares; nothing of it outlives the trial."""

    def __init__(self, jobs: OwnJobs, files: CredentialFiles) -> None:
        self._jobs = jobs
        self._files = files

    async def look(self, wanted: Wanted, path: str | None, *, taken: bool) -> Mapping[str, Any]:
        """`steps` that are right, the `problem` that ended it or None, and the `version` spoken. `taken` says that a
        mount of ours may be at `path`. Raises JobFailed where no answer could be had at all."""
        share = wanted.share(self._files)
        given = {
            "source": wanted.source,
            "version": wanted.version,
            "credentials": None if share.credentials is None else str(share.credentials),
            "path": path,
            "taken": taken,
        }
        try:
            return await self._jobs.ask("nas-trial", given, deadline=DEADLINE, rights=RIGHTS)
        except JobFailed as error:
            if "ran past its" not in error.message:
                raise
            problem = slow(share.source, "answer", DEADLINE)
            return {"steps": [], "problem": problem.as_json(), "version": None}


def refused(found: Mapping[str, Any]) -> NasRefused | None:
    """The error that a trial's problem is."""
    problem = found["problem"]
    if problem is None:
        return None
    details = {"reason": problem["reason"], "steps": found["steps"]}
    return NasRefused(problem["message"], fix=problem["fix"], details=details)
