"""What the owner did while nobody watched: judged from what inspect says, against the Engine's own start."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tarsd.engine.ends import LATE, Start, Stop
from tarsd.engine.snapshot import Snapshot
from tarsd.host.containers import Container
from tarsd.store.intent import Wish
from tarsd.times import from_engine, from_nanoseconds

BOOT_STOPS = timedelta(seconds=150)
"""After its start, a stop that nobody watched may be the Engine's own: one that follows a killed one stops what that left
and tells of `kill`, `stop` and `die` (26.1: half a second after its start; the longest stop grace of the stack is 120 s)."""

BOOT_STARTS = timedelta(seconds=30)
"""After its start the Engine starts by itself what was not stopped by hand. It takes no call before that is done (20.10 and
26.1), so that what is heard as it happens is somebody else's doing."""

NEAR = timedelta(seconds=2)
"""Two clocks of one machine, read one after the other."""

DEADLY = frozenset({125, 126, 127, 137})
"""Exit codes that no stop leads to, or not only: it could not be started, or was killed, by a stop that outlasted its grace
or by `docker kill`."""

ASKED = frozenset({129, 130, 131, 143})
"""Of SIGHUP, SIGINT, SIGQUIT and SIGTERM, with which images ask to be stopped; other signals are crashes."""

Opinion = Literal["stopped", "started", "unclear"]


@dataclass(frozen=True)
class Absence:
    """Nobody watched from `since` on, None being ever; `engine` is when the Engine that answers now was started.

    `booted`: it had been followed before the absence, so that what it does by itself at its start was over.
    """

    since: datetime | None
    engine: datetime | None
    booted: bool = False

    def opinion(self, container: Container, wish: Wish | None, *, ours: bool) -> Opinion | None:
        """What the owner did to it meanwhile; None: nothing. `ours`: we have stopped it ourselves."""
        if wish is not None and wish.wanted == "stopped":
            return "started" if self._started(container, wish) else None
        if container.state not in ("exited", "dead") or not self._unwatched(container.finished):
            return None
        if ours:
            return None
        return "stopped" if self.may_be_stop(container) else "unclear"

    def may_be_stop(self, container: Container) -> bool:
        """Whether it ended as what a hand stops does: Docker starts again all that ends by itself."""
        finished = container.finished
        return (
            container.state == "exited"
            and self._unwatched(finished)
            and finished is not None
            and container.policy == "unless-stopped"
            and (container.exit_code < 128 or container.exit_code in ASKED)
            and container.exit_code not in DEADLY
            and not container.oom_killed
            and not container.error
            and self.engine is not None
            and (self.booted or finished > self.engine + BOOT_STOPS)
        )

    def _started(self, container: Container, wish: Wish) -> bool:
        started, said = container.started, from_engine(wish.at)
        return (
            container.state in ("running", "paused")
            and container.restarts == 0  # what the Engine starts after a crash is counted
            and self._unwatched(started)
            and started is not None
            and (said is None or started > said)
            and (self.booted or self.engine is None or started > self.engine + BOOT_STARTS)
        )

    def _unwatched(self, moment: datetime | None) -> bool:
        return moment is not None and (self.since is None or moment > self.since)


def superseded(stop: Stop, snapshot: Snapshot) -> bool:
    """Whether the service has gone on without us: it runs again, or another container of it has been made."""
    container = (snapshot.containers or {}).get(stop.service)
    return container is not None and (container.id != stop.id or container.state != "exited")


def doubt(stop: Stop, snapshot: Snapshot, *, replayed: bool) -> str | None:
    """Why it is not certain that the owner stopped it, though nothing has gone on since; None: it is certain.

    `replayed`: it may have been told from the Engine's memory, so that it may have been the Engine's own doing.
    """
    if not snapshot.engine.answers or snapshot.containers is None:
        return "the Engine does not answer"
    since = snapshot.engine.since
    if replayed and (since is None or from_nanoseconds(stop.at) <= since + BOOT_STOPS):
        return "its Engine had just been started"
    container = snapshot.containers.get(stop.service)
    if container is None:
        return None if stop.gone and stop.known else "its container is gone"
    finished, died = container.finished, from_nanoseconds(stop.died)
    if (
        finished is None
        or not died - timedelta(microseconds=LATE // 1000) <= finished <= died + NEAR
    ):
        return "its container ended at another time"
    if stop.code is not None and stop.code != container.exit_code:
        return "its container ended in another way"
    return None


def by_hand(start: Start, snapshot: Snapshot, *, replayed: bool) -> bool:
    """Whether the container runs that was started, and neither a booting Engine nor its restart policy did that."""
    container = (snapshot.containers or {}).get(start.service)
    if container is None or container.id != start.id:
        return False
    if container.state not in ("running", "restarting", "paused") or (
        container.restarts and not start.sure
    ):
        return False
    since = snapshot.engine.since
    if not replayed or since is None:
        return True
    return from_nanoseconds(start.at) > since + BOOT_STARTS
