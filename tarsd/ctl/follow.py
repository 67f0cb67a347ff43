"""Watching a change to its end, through daemon restarts, and what Ctrl-C means meanwhile."""

from __future__ import annotations

import time

from tarsd.ctl.errors import InterruptError, StillRunningError, UnreachableError
from tarsd.ctl.live import TaskProgress
from tarsd.ctl.progress import ENDS
from tarsd.ctl.transport import FIRST_BYTE_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change

ANIMATED_WAIT_SECONDS = 1.0  # so that elapsed time moves on the screen
WAIT_SECONDS = 30.0
ANIMATED_PAUSE_SECONDS = 0.1
PAUSE_SECONDS = 0.5
RETURN_SECONDS = 30.0  # a change survives a restart of tarsd, which takes about 5 s


class Follower:
    """Follows one change; `timeout` is in seconds, None for as long as it takes."""

    def __init__(
        self, daemon: Daemon, console: Console, change_id: str, timeout: float | None
    ) -> None:
        self._daemon = daemon
        self._console = console
        self._id = change_id
        self._timeout = timeout
        self._progress = TaskProgress(console)
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._lost_at: float | None = None

    def to_the_end(self) -> Change:
        """The ended change; raises StillRunningError, InterruptError or UnreachableError."""
        try:
            return self._follow()
        except KeyboardInterrupt:
            self._abort_or_leave()
        try:
            change = self._follow()
        except KeyboardInterrupt:
            raise self._goes_on() from None
        raise InterruptError(
            f"cannot finish {self._name(change)}: you aborted it; it is {change.get('status')}",
            f"tarsctl tasks {self._id}",
            {"change": self._id},
        )

    def _follow(self) -> Change:
        try:
            change: Change = self._daemon.get(f"/v1/changes/{self._id}")
            self._progress.show(change)
            while change.get("status") not in ENDS:
                self._stop_if_late(change)
                change = self._next(change)
                self._progress.show(change)
                if change.get("status") not in ENDS:
                    # a pull has a new revision with every block; nobody reads that fast
                    time.sleep(ANIMATED_PAUSE_SECONDS if self._console.animated else PAUSE_SECONDS)
            return change
        finally:
            self._progress.close()

    def _stop_if_late(self, change: Change) -> None:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise StillRunningError(
                f"cannot wait for {self._name(change)} any longer: it is still running "
                f"after {self._timeout:g} s",
                f"tarsctl watch {self._id}",
                {"change": self._id},
            )

    def _next(self, change: Change) -> Change:
        wait = ANIMATED_WAIT_SECONDS if self._console.animated else WAIT_SECONDS
        if self._deadline is not None:
            wait = min(wait, max(self._deadline - time.monotonic(), 0.0))
        target = (
            f"/v1/changes/{self._id}/wait?after={change.get('revision') or 0}&timeout={wait:.1f}"
        )
        try:
            moved: Change = self._daemon.get(target, first_byte=wait + FIRST_BYTE_SECONDS)
        except UnreachableError:
            self._bear_the_loss()
            return change
        if self._lost_at is not None:
            self._console.say("tarsd is back")
        self._lost_at = None
        return moved

    def _bear_the_loss(self) -> None:
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
            self._console.say("tarsd does not answer; the change is on disk, waiting for tarsd ...")
        if now - self._lost_at > RETURN_SECONDS:
            raise UnreachableError(
                f"cannot watch change {self._id}: tarsd has not answered for "
                f"{RETURN_SECONDS:.0f} s",
                f"sudo systemctl restart tarsd, then tarsctl watch {self._id}",
            )

    def _abort_or_leave(self) -> None:
        if not self._console.interactive:
            raise self._goes_on()
        try:
            if not self._console.confirm("\nabort the change?", default=False):
                raise self._goes_on()
        except KeyboardInterrupt:
            raise self._goes_on() from None
        self._daemon.post(f"/v1/changes/{self._id}/abort")

    def _goes_on(self) -> InterruptError:
        return InterruptError(
            f"cannot watch change {self._id} any longer: interrupted; it goes on",
            f"tarsctl watch {self._id}",
            {"change": self._id},
        )

    def _name(self, change: Change) -> str:
        return f"change {self._id} ({change.get('summary') or change.get('kind') or '?'})"
