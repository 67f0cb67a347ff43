"""Ends of containers that nobody asked for, of the last ten minutes: what a crash loop is seen by."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from tarsd.catalogue.views import Exit
from tarsd.engine.passes import utc_now
from tarsd.host.containers import Container
from tarsd.host.engine_events import EngineEvent

KEPT = timedelta(minutes=10)

MOST = 50
"""Per service: Docker starts a container again at most ten times in the first minute."""

SAME = timedelta(seconds=1)
"""An end seen by its event and by a look is one."""

ASKED = frozenset({2, 3, 9, 15})
"""Signals through the API that end a container: SIGINT, SIGQUIT, SIGKILL, SIGTERM. Others speak to its program only."""


KILLED = 137
"""The status of what the kernel killed; a container of several processes may lose one of them and end otherwise later."""


class Exits:
    """In memory only: a loop that goes on while the daemon starts is seen again within its window."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._seen: defaultdict[str, deque[Exit]] = defaultdict(lambda: deque(maxlen=MOST))
        self._signalled: set[str] = set()
        self._unseen: dict[str, Exit] = {}
        self._starved: set[str] = set()
        """The kernel has killed a process of theirs for want of memory; the Engine tells of that before their end."""

    def hear(self, event: EngineEvent) -> None:
        """Take an event in: a `die` after a signal through the API was asked for by somebody."""
        if event.action == "kill" and event.code in ASKED:
            self._signalled.add(event.id)
        elif event.action in ("start", "destroy"):
            self._signalled.discard(event.id)
            self._starved.discard(event.id)
        elif event.action == "oom":
            self._starved.add(event.id)
        elif event.action == "die" and event.service and event.id not in self._signalled:
            at, code = datetime.fromtimestamp(event.at / 1e9, timezone.utc), event.code or 0
            end = Exit(at, code, oom=code == KILLED and event.id in self._starved)
            self._unseen[event.id] = end
            self._note(event.service, end)

    def compare(self, before: Mapping[str, Container], now: Mapping[str, Container]) -> None:
        """Take in what two looks show of ends whose events were not heard: the Engine has counted a restart."""
        self._unseen.clear()
        for container in now.values():
            self._forgive(container)
        for service, container in now.items():
            earlier = before.get(service)
            if (
                earlier is not None
                and earlier.id == container.id
                and container.restarts > earlier.restarts
                and container.finished is not None
            ):
                end = Exit(container.finished, container.exit_code, container.oom_killed)
                self._note(service, end)

    def recent(self, service: str) -> tuple[Exit, ...]:
        """Its ends, oldest first."""
        now = self._now()  # a clock that was put back leaves ends in the future: no newer for that
        return tuple(end for end in self._seen[service] if abs(now - end.at) <= KEPT)

    def unseen(self, container: Container) -> Exit | None:
        """Its end, if that was told and no look has shown it yet."""
        end = self._unseen.get(container.id)
        if end is None or (container.started is not None and container.started > end.at):
            return None
        return end if container.state == "running" else None

    def seen(self, container: Container) -> None:
        """It has been looked at since."""
        self._unseen.pop(container.id, None)
        self._forgive(container)

    def _forgive(self, container: Container) -> None:
        """Ends before a start by hand, ours or the owner's, are over: the Engine counts from 0 again then."""
        if container.state == "running" and container.restarts == 0:
            self._seen.pop(container.service, None)

    def _note(self, service: str, end: Exit) -> None:
        if not any(abs(other.at - end.at) < SAME for other in self._seen[service]):
            self._seen[service].append(end)
