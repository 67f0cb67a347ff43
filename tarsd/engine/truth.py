"""The latest that is known of the Engine and the stack, kept up with by looking; events only say where to look."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.views import EngineView
from tarsd.engine.deafness import Deafness
from tarsd.engine.passes import utc_now
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.standing import Standing
from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DEADLINE
from tarsd.host.engine_events import EngineEvent
from tarsd.host.sleep import slept

T = TypeVar("T")

FRESH = 35.0
"""Seconds that a full look is taken for the present while events come: one is due every 30 s."""

ONE_DEADLINE = 1.0
"""Seconds for the look at one container, before all are asked and the Engine's silence is judged."""

ENDED = "its stream of events has ended, and it has not been asked since"

_SEEN_AT_ONCE = {"start", "die", "stop", "health", "update"}
"""What changes a container's state or limits. `oom` does not, and comes five times a second where a child is hit again and
again."""

_ALL = "all"
"""Among ids of containers: none of them."""

Why = Literal["asked", "regular", "event", "lost", "leaving", "woke", "connected"]
_WEIGHT: Sequence[Why] = ("asked", "regular", "event", "lost", "leaving", "woke", "connected")
"""Of several reasons for one look the weightiest is told."""


@dataclass(frozen=True)
class Resync:
    """All has been looked at anew, or could not be: `now.containers` is None then.

    `previous` is the last look that the Engine answered, None before the first. `why`: the stream has just been opened
    (`connected`) or has ended (`lost`), docker.service is stopping (`leaving`), the machine has slept (`woke`), ...
    """

    why: Why
    previous: Snapshot | None
    now: Snapshot


@dataclass(frozen=True)
class Looked:
    """One service's container has been looked at because of an event; the snapshot shows `now`."""

    service: str
    before: Container | None
    now: Container


Notice = EngineEvent | Looked | Resync
"""An event comes as soon as the Engine tells, ahead of the look: Docker keeps one that died locked for 13 ms."""


class Truth:
    """Keeps the latest snapshot; `engine.following.Following` brings it the events."""

    def __init__(
        self,
        containers: Containers,
        standing: Standing,
        log: FilteringBoundLogger,
        now: Callable[[], datetime] = utc_now,
        asleep: Callable[[], float] = slept,
    ) -> None:
        self._containers = containers
        self._standing = standing
        self._log = log
        self._now = now
        self._asleep = asleep
        self._latest: Snapshot | None = None
        self._answered: Snapshot | None = None
        self._slept = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[Snapshot] | None = None
        self._reason: Why | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._subscribers: list[Callable[[Notice], None]] = []
        self._ours: dict[str, str] = {}
        self._sought: set[str] = set()
        self._seeking: asyncio.Task[None] | None = None
        self._alive: float | None = None
        self._open = False
        self.deafness = Deafness()

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest, None before the first look; `at` and `taken` are of the last look at everything."""
        return self._latest

    @property
    def answered(self) -> Snapshot | None:
        """The latest that the Engine answered; what it says may be long past."""
        return self._answered

    @property
    def engine(self) -> EngineView:
        """How the Engine stands; its silence is that of now."""
        return self._standing.view

    @property
    def stream_age(self) -> float | None:
        """Seconds since events were last known to come: while the stream is open each answer of the Engine proves it."""
        return None if self._alive is None else _loop_time() - self._alive + self._nap()

    @property
    def fresh(self) -> bool:
        """Whether the snapshot may be shown as the present."""
        latest = self._latest
        if not self._open or latest is None or latest.containers is None:
            return False
        return self._standing.view.answers and _loop_time() - latest.at + self._nap() < FRESH

    def subscribe(self, subscriber: Callable[[Notice], None]) -> None:
        """Call it for each event, for the look that follows from it, and for each look at everything."""
        self._subscribers.append(subscriber)

    async def look(self, why: Why = "asked") -> Snapshot:
        """Look at everything; callers share a look that begins after their call. The Engine's silence is an answer too."""
        if self._reason is None or _WEIGHT.index(why) > _WEIGHT.index(self._reason):
            self._reason = why
        if self._next is None:
            self._next = self._started(self._in_turn())
        return await asyncio.shield(self._next)

    def doubt(self) -> None:
        """Something may be wrong with the Engine: look at everything, and have nobody wait for it."""
        self._started(self.look())

    async def look_at(self, service: str) -> Container | None:
        """Look at one service's container; at everything if that one is gone or does not answer."""
        async with self._one_at_a_time:
            known = (self._latest.containers if self._latest else None) or {}
            if service not in known or not await self._look_at([known[service].id]):
                await self._look("asked")
            return ((self._latest.containers if self._latest else None) or {}).get(service)

    async def take(self, events: Sequence[EngineEvent]) -> None:
        """Hand them on, in order, and look where they point; not those of containers that only claim to be a service's.

        Returns when they are handed on. A container that is not known yet is looked at first.
        """
        self._alive = _loop_time()
        self.deafness.heard(it.id for it in events)
        for number, event in enumerate(events):
            if event.kind == "container" and event.id not in self._ours:
                await self.look("event")
                return self._hand_on(events[number:])
            self._hand_on([event])
        return None

    def _hand_on(self, events: Sequence[EngineEvent]) -> None:
        for event in events:
            if event.kind == "container" and not self._is_ours(event):
                continue
            self._tell(event)
            if event.action in _SEEN_AT_ONCE:
                self._sought.add(event.id)
            elif event.action == "destroy" and event.kind != "volume":
                self._sought.add(_ALL)
        if self._sought and (self._seeking is None or self._seeking.done()):
            self._seeking = self._started(self._seek())

    async def _seek(self) -> None:
        """Look at what events have pointed at, until there is nothing left; what comes meanwhile is looked at together."""
        while self._sought:
            async with self._one_at_a_time:
                ids, self._sought = self._sought, set()
                if not ids <= self._current().keys() or not await self._look_at(sorted(ids)):
                    await self._look("event")

    def opened(self) -> None:
        """The stream is open."""
        self._open, self._alive = True, _loop_time()
        self.deafness.forget()

    def closed(self) -> None:
        """The stream has ended: the Engine may be gone, and until it has been asked, nothing is known of what runs.

        One that was never opened says nothing new.
        """
        was_open, self._open = self._open, False
        latest = self._latest
        if was_open and latest is not None and latest.engine.answers:
            view = replace(latest.engine, answers=False, status="unknown", why=ENDED)
            self._latest = replace(latest, engine=view, containers=None)

    async def stop(self) -> None:
        """Give up the looks that are under way."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _started(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _in_turn(self) -> Snapshot:
        async with self._one_at_a_time:
            why, self._reason, self._next = self._reason or "asked", None, None
            return await self._look(why)  # who calls from now on waits for the next

    async def _look(self, why: Why) -> Snapshot:
        at, asleep, taken = _loop_time(), self._asleep(), self._now()
        view, found = await self._standing.ask(self._everything, DEADLINE)
        containers, networks = found or (None, frozenset[str]())
        previous, now = self._answered, Snapshot(at, taken, view, containers, networks)
        self._latest, self._slept = now, asleep
        if containers is not None:
            self.deafness.judge(previous.containers if previous else None, containers, at)
            self._answered = now
            self._alive = _loop_time() if self._open else self._alive
            self._remember(containers)
        self._tell(Resync(why, previous, now))
        return now

    async def _everything(self) -> tuple[Mapping[str, Container], frozenset[str]]:
        return await asyncio.gather(self._containers.by_service(), self._containers.networks())

    async def _look_at(self, ids: Sequence[str]) -> bool:
        """Look at these alone; False where that is not enough."""
        latest = self._latest
        if latest is None or latest.containers is None:
            return False
        try:
            found = await asyncio.wait_for(self._each(ids), ONE_DEADLINE)
        except (EngineUnavailable, EngineRefused, asyncio.TimeoutError):
            return False
        news = {it.service: it for it in found if it is not None}
        self._latest = self._answered = replace(latest, containers={**latest.containers, **news})
        for service, now in news.items():
            self._tell(Looked(service, latest.containers.get(service), now))
        return len(news) == len(ids)

    async def _each(self, ids: Sequence[str]) -> Sequence[Container | None]:
        return await asyncio.gather(*map(self._containers.one, ids))

    def _current(self) -> Mapping[str, str]:
        """The service of each container in the snapshot, by its id."""
        known = (self._latest.containers if self._latest else None) or {}
        return {it.id: name for name, it in known.items()}

    def _remember(self, containers: Mapping[str, Container]) -> None:
        """Also those before: the last words of a container come after it has been replaced."""
        kept = list(self._ours.items())[-4 * len(containers) - 16 :]
        self._ours = dict(kept) | {it.id: name for name, it in containers.items()}

    def _is_ours(self, event: EngineEvent) -> bool:
        if self._latest is None or self._latest.containers is None:
            return True  # nobody can tell, and it is a hint
        return self._ours.get(event.id) == event.service

    def _tell(self, notice: Notice) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(notice)
            except Exception:  # noqa: BLE001  one reader's defect must not cost the others their events
                self._log.exception("truth.defect")

    def _nap(self) -> float:
        """Seconds that the machine has slept since the last look, which the loop's clock does not count."""
        return self._asleep() - self._slept


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
