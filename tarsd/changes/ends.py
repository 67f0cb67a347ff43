"""How changes end badly: what their error and their result then say."""

from dataclasses import replace
from typing import Any

from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import Aborted, TarsError, TrackLost
from tarsd.times import now


def aborted(change: Change) -> TarsError:
    """The error of a change that its owner aborted."""
    return Aborted(f"cannot {change.summary}: it was aborted")


def never_begun(change: Change) -> Change:
    """A planned change that an earlier daemon left behind, as it ends."""
    error = TarsError(
        f"cannot {change.summary}: tarsd ended before it had begun, so nothing of it was done",
        fix="tarsctl status",
    )
    ended = replace(change, status=ChangeStatus.UNDONE, ended=now(), error=error.as_json())
    return replace(ended, result=no_go(ended))


def track_lost(change: Change, taken: str) -> Change:
    """One that an older copy of state.db, of `taken`, still holds for running, as it ends: much may have been done since.

    What was wanted then is not done to what is there now, nor undone.
    """
    error = TrackLost(
        f"cannot tell how this ended: {change.summary}; state.db was lost, and the copy that took its place was made "
        "meanwhile. It is neither gone on with nor undone",
        fix="tarsctl status; tarsctl doctor; then begin it anew if it is still wanted",
        details={"copy": taken},
    )
    ended = replace(change, status=ChangeStatus.NEEDS_OWNER, ended=now(), error=error.as_json())
    return replace(ended, result=no_go(ended))


def no_go(change: Change) -> dict[str, Any]:
    """The result of a change that failed: what it had passed by then, and why it did not get further."""
    error = change.error or {}
    alone = {
        "id": error.get("kind"),
        "subject": change.kind,
        "status": "fail",
        "summary": error.get("message"),
        "fix": error.get("fix"),
    }
    so_far = change.result or {}
    failures = error.get("details", {}).get("failures") or [alone]
    return {
        **{key: so_far[key] for key in ("unchanged", "next") if key in so_far},
        "verdict": "NO-GO",
        "passed": so_far.get("passed", 0),
        "warnings": so_far.get("warnings", []),
        "failures": [*failures, *_not_undone(change)],
    }


def _not_undone(change: Change) -> list[dict[str, Any]]:
    """What is left to the owner, as failures: each with what it takes to mend it."""
    return [
        {
            "id": task.error["kind"],
            "subject": task.summary,
            "status": "fail",
            "summary": task.error["message"],
            "fix": task.error["fix"],
        }
        for task in change.tasks
        if task.error
    ]
