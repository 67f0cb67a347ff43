"""The exception tree: every error a person can act on, drawn once.

`kind` is the word of docs/json.md that clients match on, `message` starts with "cannot" and names what was asked and what
happened, `fix` is the exact command or edit to try, `details` are facts for programs.
"""

from collections.abc import Mapping
from typing import ClassVar


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
    """A running change holds a lock this one needs; `details["change"]` is its id."""

    kind = "change-conflict"
    status = 409


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


class JobFailed(TarsError):
    """A job could not be started, ran past its deadline, or ended with an error."""

    kind = "job-failed"


class StateUnavailable(TarsError):
    """state.db cannot be written."""

    kind = "state-unavailable"
    status = 503


class Unsettled(StateUnavailable):
    """A write that had begun its COMMIT when the disk stopped answering: it is recorded or not, nobody knows yet."""


class GpuSilent(TarsError):
    """The graphics driver does not answer, so that nobody knows what there is."""

    kind = "gpu-silent"


class AlreadyRunning(TarsError):
    """Another process holds the lock that only one may hold; `details["pid"]` is its own, where that is known.

    Told to whoever starts a second one, never to a client.
    """


class ServiceNotHealthy(TarsError):
    """A service did not get healthy within its deadline."""

    kind = "service-not-healthy"


class Preflight(TarsError):
    """The machine is not ready; `details["failures"]` lists the failing findings."""

    kind = "preflight-failed"
    status = 409


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
