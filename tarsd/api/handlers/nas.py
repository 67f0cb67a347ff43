"""/v1/nas: what is set up, trying a share, setting one up, taking it away."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from tarsd.api.route import Body, Call
from tarsd.catalogue.check import Finding
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.errors import JobFailed, NotFound, StateUnavailable
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.documents import Documents
from tarsd.host.nas.mount_units import MountUnits
from tarsd.host.nas.trial import Trials, Wanted
from tarsd.host.reach import Reach
from tarsd.nas_source import Version, check_version, parse
from tarsd.observe.nas import NasReport, report
from tarsd.operations import nas
from tarsd.settings import MountPoint, NasSource, Settings

NO_NAS = "none was set up with tarsctl nas setup"


def _one_line(text: str) -> str:
    """A line of a credentials file; the text itself stays out of every error."""
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        length = 0
    if not 0 < length <= LONGEST or re.search(r"[\x00-\x1f\x7f]", text):
        raise PydanticCustomError("one_line", "must be one line of 1 to 512 bytes")
    return text


LONGEST = 512
"""Bytes that mount.cifs takes of a password (mount.h, MOUNT_PASSWD_SIZE)."""

Line = Annotated[str, AfterValidator(_one_line)]


class ShareBody(Body):
    """A share and who asks for it; without a user a CIFS share is asked for as a guest."""

    source: NasSource
    version: Version = "auto"
    user: Line | None = None
    password: Line | None = Field(default=None, repr=False)
    domain: Line | None = None

    @model_validator(mode="after")
    def _fits(self) -> "ShareBody":
        """One protocol's version, and a user where it has users."""
        source = parse(self.source)
        check_version(source, self.version)
        if source.kind == "nfs" and (self.user or self.password or self.domain):
            raise ValueError(
                "NFS has no user or password: the NAS decides by this machine's address"
            )
        if self.user is None and (self.password or self.domain):
            raise ValueError("a password or domain goes with a user")
        return self


class TestBody(Body):
    """No share means the one that is set up."""

    share: ShareBody | None = None


class SetupBody(Body):
    """A share and where it goes."""

    share: ShareBody
    path: MountPoint = "/mnt/nas/documents"


class NasHandlers:
    """The NAS. Passwords go from the body into a file of root's, first of all, and nowhere else."""

    def __init__(
        self,
        changes: Changes,
        settings: Callable[[], Settings],
        trials: Trials,
        files: CredentialFiles,
        documents: Documents,
        units: MountUnits,
        reach: Reach,
        fault: Callable[[], Finding | None] = lambda: None,
        works: Callable[[], None] = lambda: None,
    ) -> None:
        """`fault` is what the monitor has found; `works` is told of a test of what is set up that found nothing wrong."""
        self._changes = changes
        self._settings = settings
        self._trials = trials
        self._files = files
        self._documents = documents
        self._units = units
        self._reach = reach
        self._fault = fault
        self._works = works

    async def show(self, _: Call) -> NasReport:
        """What is set up and how it is; the share itself is not touched."""
        nas = self._settings().nas
        return await report(nas, self._units, self._documents, self._reach, self._fault())

    async def test(self, call: Call) -> dict[str, Any]:
        """Try a share and change nothing. Raises NotFound, JobFailed."""
        body: TestBody = call.body
        if body.share is not None:
            wanted = await self._wanted(body.share)
            try:
                return _tested(wanted.source, await self._trials.look(wanted, None, taken=False))
            finally:
                if wanted.credentials is not None:
                    await self._files.drop(wanted.credentials)
        configured = self._settings().nas
        if configured.source is None or configured.path is None:
            raise NotFound(f"cannot test the NAS: {NO_NAS}", fix="sudo tarsctl nas setup")
        wanted = Wanted(configured.source, configured.version, configured.credentials)
        found = await self._trials.look(wanted, configured.path, taken=True)
        if found["problem"] is None:
            self._works()
        if found["problem"] is None and self._units.mounted(configured.path) is not None:
            counted = {"step": "count", "said": await self._recount(wanted.source, configured.path)}
            found = {**found, "steps": [*found["steps"], counted]}
        return _tested(wanted.source, found)

    async def setup(self, call: Call) -> Change:
        """Begin a setup. Raises ChangeConflict, StateUnavailable; the credentials are then gone again."""
        body: SetupBody = call.body
        wanted = await self._wanted(body.share)
        try:
            return await self._changes.begin(
                "nas-setup",
                f"set up {wanted.source} at {body.path}",
                {nas.LOCK},
                nas.setup_plan(wanted, body.path),
            )
        except BaseException:
            if wanted.credentials is not None:
                await self._files.drop(wanted.credentials)
            raise

    async def remove(self, _: Call) -> Change:
        """Begin a removal. Raises NotFound, ChangeConflict."""
        source = self._settings().nas.source
        if source is None:
            raise NotFound(f"cannot remove the NAS: {NO_NAS}", fix="tarsctl nas status")
        return await self._changes.begin(
            "nas-remove", f"remove {source}", {nas.LOCK}, nas.remove_plan()
        )

    async def _recount(self, source: str, path: str) -> str:
        """A fresh count in words, or why there is none: the test itself has already passed."""
        try:
            found = await self._documents.count(source, path)
        except JobFailed as error:
            return f"not counted: {error.message}"
        return f"{found.documents} documents" + ("" if found.complete else " so far, not all")

    async def _wanted(self, share: ShareBody) -> Wanted:
        name = None
        if share.user is not None:
            try:
                name = await self._files.add(share.user, share.password or "", share.domain)
            except OSError as error:
                raise StateUnavailable(
                    f"cannot write the credentials down: {error.strerror}", fix="df -h; df -i"
                ) from error
        return Wanted(share.source, share.version, name)


def _tested(source: str, found: Mapping[str, Any]) -> dict[str, Any]:
    problem: Mapping[str, str] = found["problem"] or {}
    return {
        "source": source,
        "works": not problem,
        "version": found["version"],
        "steps": found["steps"],
        "reason": problem.get("reason"),
        "message": problem.get("message"),
        "fix": problem.get("fix"),
    }
