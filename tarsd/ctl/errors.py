"""Everything that can end tarsctl early, as one tree.

TarsctlError             1    the act failed
|- ArchiveInvalidError   1    an image archive that cannot be loaded
|- UsageError            2    a flag, command, file or value that is not there
|- UnreachableError      3    no tarsd, or none that answers in time or in HTTP
|- NotAllowedError       4    the socket or the act is not for this user
|- StillRunningError     6    the change outlived --timeout
|- InterruptError      130    the owner pressed Ctrl-C
`- RefusedError               tarsd's own error, with the status of its kind
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing costs 4 ms on every call
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tarsd.ctl.shapes import ErrorBody

EXIT_STATUS_BY_KIND = {
    "bad-request": 2,
    "unknown-service": 2,
    "not-found": 2,
    "model-missing": 2,
    "not-allowed": 4,
    "change-conflict": 5,
}


class TarsctlError(Exception):
    """What could not be done and why; `fix` is the exact command to try, if there is one."""

    exit_status = 1
    kind = "failed"

    def __init__(
        self, message: str, fix: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details: dict[str, Any] = dict(details or {})


class ArchiveInvalidError(TarsctlError):
    kind = "archive-invalid"


class UsageError(TarsctlError):
    exit_status = 2
    kind = "bad-request"


class UnreachableError(TarsctlError):
    exit_status = 3
    kind = "unreachable"


class NotAllowedError(TarsctlError):
    exit_status = 4
    kind = "not-allowed"


class StillRunningError(TarsctlError):
    exit_status = 6
    kind = "still-running"


class InterruptError(TarsctlError):
    exit_status = 130
    kind = "interrupted"


class RefusedError(TarsctlError):
    """An error that tarsd answered; a kind this client does not know yet exits with 1."""

    def __init__(self, error: ErrorBody) -> None:
        message = error.get("message") or "cannot do that: tarsd gave no reason"
        super().__init__(message, error.get("fix"), error.get("details"))
        self.kind = error.get("kind") or "internal"
        self.exit_status = EXIT_STATUS_BY_KIND.get(self.kind, 1)
