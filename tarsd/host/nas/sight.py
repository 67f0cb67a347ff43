"""All that is known of the NAS without touching it from the daemon, with the memory that spares it most questions."""

import asyncio
from collections.abc import Callable
from functools import partial

from tarsd.errors import JobFailed
from tarsd.host import systemd
from tarsd.host.blocking import Asker
from tarsd.host.mounts import Mount
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.looks import RIGHTS, Look, Looks
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.server import FileServer
from tarsd.host.nas.unit import unit_name
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import MountEnd
from tarsd.nas_source import Source

STATE_SECONDS = 6.0
"""For systemd, which answers in milliseconds unless it is stuck."""

REFUSAL_SECONDS = 25.0
"""For a job that reads the journal and may ask the server for the names of its shares."""


class Sight:
    """Constructed once; worlds share it."""

    def __init__(
        self,
        jobs: OwnJobs,
        files: CredentialFiles,
        *,
        server: FileServer | None = None,
        mount_end: Callable[[str], MountEnd | None] = systemd.mount_end,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._server = server or FileServer()
        self._mount_end = mount_end
        self._asker = Asker("nas-unit")
        self._looks = Looks(jobs)
        self._one = asyncio.Lock()
        self.remounting = False
        """Whether an act of ours has taken the mount away and not yet brought it back."""
        self._was_down = False
        self._refusal: tuple[str, Refusal | None] = ("", None)
        self._proved: str | None = None
        """The refused try since which a test has worked."""

    async def trouble(self, source: Source, *, nfs3: bool = False) -> Refusal | None:
        """Why the server does not answer; None if it does. Within half a minute."""
        found = await self._server.trouble(source, nfs3=nfs3)
        if found is None and self._was_down:
            self.forget()
        self._was_down = found is not None
        return found

    async def look(
        self, mount: Mount, marker: str | None, inside: frozenset[tuple[int, str]] = frozenset()
    ) -> Look:
        """What is seen at a mounted share, as Looks.at has it. Within a minute. Raises JobFailed."""
        return await self._looks.at(mount, marker, inside)

    def forget(self) -> None:
        """Something has happened: the next look is a new one."""
        self._looks.forget()

    def doubt(self) -> None:
        """The kernel complains of a share: a good look is not believed any more. What a bad one met, it may just repeat."""
        self._looks.doubt()

    def works(self) -> None:
        """What is set up was tried and works: an earlier refusal is no reason any more not to mount it."""
        self.forget()
        self._proved = self._refusal[0]

    @property
    def proved(self) -> bool:
        """Whether a test has worked since systemd's last try was refused."""
        return self._refusal[1] is not None and self._proved == self._refusal[0]

    async def refusal(
        self, path: str, source: Source, version: str, credentials: str | None
    ) -> Refusal | None:
        """Why systemd's last try to mount failed; None where it did not fail, or not by mount's own word.

        Read once for each try. Raises JobFailed.
        """
        async with self._one:
            end = await self._end(unit_name(path))
            if end is None or end.result != "exit-code":
                return None
            if self._refusal[0] != end.invocation:
                found = await self._why(end, source, version, credentials)
                self._refusal = (end.invocation, found)
            return self._refusal[1]

    async def _end(self, unit: str) -> MountEnd | None:
        try:
            return await self._asker.ask(partial(self._mount_end, unit), STATE_SECONDS)
        except asyncio.TimeoutError as error:
            raise JobFailed(
                f"cannot tell how {unit} is: systemd does not answer",
                fix="systemctl is-system-running",
            ) from error

    async def _why(
        self, end: MountEnd, source: Source, version: str, credentials: str | None
    ) -> Refusal | None:
        file = None if credentials is None else str(self._files.path(credentials))
        given = {
            "source": source.text,
            "version": version,
            "credentials": file,
            "invocation": end.invocation,
            "ended": end.at,
        }
        found = await self._jobs.ask("nas-refusal", given, deadline=REFUSAL_SECONDS, rights=RIGHTS)
        return None if found is None else Refusal(**found)
