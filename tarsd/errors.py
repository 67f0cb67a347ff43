"""The exception tree: every error a person can act on, drawn once.

`kind` is the word of docs/json.md that clients match on, `message` starts with "cannot" and names what was asked and what
happened, `fix` is the exact command or edit to try, `details` are facts for programs.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

Why = Literal[
    "refused",  # nothing listens there
    "closed",  # it takes connections and ends them without an answer, as Docker does for a service not yet up
    "silent",  # no answer within the deadline: it hangs
    "starting",  # it says itself that it is not ready yet: to be waited for, never restarted
    "denied",  # it does not take the password, or there is none to give
    "sick",  # it answers, and says that it does not work
    "foreign",  # what it answers is not what was asked for: something else has the port
    "unasked",  # this side could not ask
]
"""Kinds of failure of a probe."""


class TarsError(Exception):
    """Base of all errors that reach a person; anything else is a defect."""

    kind: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    """Of the HTTP answer."""

    def __init__(
        self, message: str, *, fix: str | None = None, details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details: dict[str, object] = dict(details or {})

    def as_json(self) -> dict[str, object]:
        """The error object of the envelope."""
        return {
            "kind": self.kind,
            "message": self.message,
            "fix": self.fix,
            "details": self.details,
        }


class BadRequest(TarsError):
    """A body, path or query that does not fit the route."""

    kind = "bad-request"
    status = 400


class NotFound(TarsError):
    """No such route, change or file."""

    kind = "not-found"
    status = 404


class UnknownService(TarsError):
    """No service of that name in the current generation."""

    kind = "unknown-service"
    status = 404


class NotAllowed(TarsError):
    """The peer's uid may not do this."""

    kind = "not-allowed"
    status = 403


class ChangeConflict(TarsError):
    """A running change holds a lock this one needs; `details["change"]` is its id, `details["since"]` when it began."""

    kind = "change-conflict"
    status = 409


class Aborted(TarsError):
    """The owner ended a change before it was done."""

    kind = "aborted"


class NotInstalled(TarsError):
    """There is no current generation yet."""

    kind = "not-installed"
    status = 409


class GenerationDamaged(TarsError):
    """The current generation cannot be read."""

    kind = "generation-damaged"


class ConfigInvalid(TarsError):
    """The settings do not validate; `details["errors"]` lists file, line, key and message."""

    kind = "config-invalid"
    status = 422


class StackInvalid(TarsError):
    """Compose refuses the rendered stack, most often because of the owner's override file."""

    kind = "stack-invalid"
    status = 422


class PortUnavailable(TarsError):
    """A port that the stack publishes and somebody has; `by_docker`: the Engine says that it holds it itself."""

    kind = "port-taken"

    def __init__(
        self,
        address: str,
        port: int,
        message: str,
        *,
        fix: str | None,
        by_docker: bool = False,
        failures: Sequence[Mapping[str, object]] = (),
    ) -> None:
        details: dict[str, object] = {"address": address, "port": port}
        if failures:
            details["failures"] = list(failures)
        super().__init__(message, fix=fix, details=details)
        self.address = address
        self.port = port
        self.by_docker = by_docker

    def because(self, reason: str) -> "PortUnavailable":
        """The same with the reason why it stays so."""
        message = f"{self.message}; {reason}"
        return PortUnavailable(
            self.address, self.port, message, fix=self.fix, by_docker=self.by_docker
        )


class ArchiveInvalid(TarsError):
    """The Engine refuses an image archive."""

    kind = "archive-invalid"
    status = 422


class ImageMissing(TarsError):
    """An image is neither on this machine nor, where allowed, in a registry."""

    kind = "image-missing"


class EngineUnavailable(TarsError):
    """The Docker Engine is down, hung or of a kind that is not supported."""

    kind = "engine-unavailable"
    status = 503


class EngineUnsupported(EngineUnavailable):
    """It answers, but speaks no API this product knows."""


class EngineRefused(TarsError):
    """The Engine answered, and said no; `details["status"]` is its HTTP status."""

    kind = "engine-refused"
    status = 502


class ModelServerUnavailable(TarsError):
    """The model server does not answer, breaks off, or answers what is not of its API; `silent`: no word came in time."""

    kind = "model-server-unavailable"
    status = 503

    @property
    def silent(self) -> bool:
        """See the class."""
        return bool(self.details.get("silent"))


class ModelServerRefused(TarsError):
    """The model server answered, and said no; `details["said"]` are its words, `details["status"]` its HTTP status."""

    kind = "model-server-refused"
    status = 502


class ModelMissing(TarsError):
    """No model of that name, here or in the registry."""

    kind = "model-missing"
    status = 404


class ModelNotPulled(TarsError):
    """A pull broke off, as often as it was tried."""

    kind = "model-not-pulled"


class NoSpace(TarsError):
    """A file system has too little room for what was asked; `details` has `needed_bytes` and `free_bytes`, if known."""

    kind = "no-space"


class DataAtRisk(TarsError):
    """An act that could lose data, or leave it where nobody looks; `details["failures"]` lists the findings."""

    kind = "data-at-risk"
    status = 409


class BackupFailed(TarsError):
    """What is to be kept before an act could not be: the act is not done."""

    kind = "backup-failed"


class BundleFailed(TarsError):
    """No bundle was made, or none that could be proved; what there was of it is destroyed."""

    kind = "bundle-failed"


class DatabaseUnavailable(TarsError):
    """PostgreSQL or Redis does not answer, not yet, or not in its own protocol."""

    kind = "database-unavailable"


class DatabaseRefused(TarsError):
    """PostgreSQL answered, and said no; `details["sqlstate"]` is its code."""

    kind = "database-refused"


class SecretSealed(TarsError):
    """A secret that cannot be replaced, for data at rest could not be read again."""

    kind = "secret-sealed"
    status = 409


class JobFailed(TarsError):
    """A job could not be started, ran past its deadline, or ended with an error."""

    kind = "job-failed"


class ChannelWrong(TarsError):
    """A channel that no message can be sent to: it has no address, or one that is none."""

    kind = "channel-wrong"
    status = 422


class HostSilent(TarsError):
    """A part of the machine (a file, a disk, the bus) could not be asked."""

    kind = "host-silent"


class StateUnavailable(TarsError):
    """state.db cannot be written."""

    kind = "state-unavailable"
    status = 503


class TrackLost(TarsError):
    """A change that ran when the good copy of state.db was made that has taken its place: how it ended is not known."""

    kind = "track-lost"


class IncidentOver(TarsError):
    """An incident that is resolved, and of which something was wanted that only an unresolved one has."""

    kind = "incident-over"
    status = 409


class Unsettled(StateUnavailable):
    """A write that had begun its COMMIT when the disk stopped answering: it is recorded or not, nobody knows yet."""


class AlreadyRunning(TarsError):
    """Another process holds the lock that only one may hold; `details["pid"]` is its own, where that is known.

    Told to whoever starts a second one, never to a client.
    """


class ServiceNotHealthy(TarsError):
    """A service did not get healthy within its deadline."""

    kind = "service-not-healthy"


class ServiceMissing(TarsError):
    """A service has no container to act on. Told in the timeline of an incident, never to a client."""


class DataMissing(TarsError):
    """A volume of a service is gone: whatever began on a new one would hide that. Told as ServiceMissing is."""


class ProbeFailed(TarsError):
    """A service did not answer as it should.

    `reason` is one short line, without any secret; `why` its kind; `code` PostgreSQL's SQLSTATE, if it gave one.
    Whoever asks turns it into words of his own: that it reached a client would be a defect, and so it has no kind.
    """

    def __init__(self, asked: str, reason: str, why: Why, code: str = "") -> None:
        super().__init__(f"cannot get an answer from {asked}: {reason}")
        self.reason = reason
        self.code = code
        self.why: Why = why


class Preflight(TarsError):
    """The machine is not ready; `details["failures"]` lists the failing findings."""

    kind = "preflight-failed"
    status = 409


class NasRefused(TarsError):
    """A share that cannot be mounted; `details["reason"]` is one word, `details["steps"]` what was right before."""

    kind = "nas-refused"
    status = 409


class NasAbsent(TarsError):
    """The documents are not mounted, and a service that reads them is not started without."""

    kind = "nas-absent"


class VolumeInUse(TarsError):
    """A volume that was to be removed is used by a container of somebody else."""

    kind = "volume-in-use"


class NoWayBack(TarsError):
    """An undo that cannot be, and after which undoing the steps before it would do harm."""

    kind = "no-way-back"


class WrongMachine(TarsError):
    """The machine's name given to confirm an irreversible act is not this machine's."""

    kind = "wrong-machine"
    status = 409
