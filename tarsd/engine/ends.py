"""Ends and starts of containers that may be the owner's doing, put together from events; no clock, no questions."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from tarsd.host.containers import Container
from tarsd.host.engine_events import EngineEvent
from tarsd.times import to_nanoseconds

NO_START = 15.0
"""Seconds after a stop without a start: a `docker restart` or a recreation has started it again by then."""

NO_STOP = 2.0
"""Seconds for the `stop` that belongs to a `kill` and `die`; measured 2 to 10 ms. Without one it was `docker kill`."""

TOGETHER = 2 * 10**9
"""Nanoseconds by which `die` may come after its `stop`: Engine 26.1 tells the stop first, 20.10 the end."""

BACKOFF = 75 * 10**9
"""Nanoseconds by which `stop` may come after its `die`: Docker waits up to 60 s before it starts what crashes, and who stops
it in that wait sees neither signal nor end."""

SIGNALLED = 150 * 10**9
"""Nanoseconds from a `kill` to the end it caused: the longest stop grace of the stack is 120 s."""

LATE = 30 * 10**9
"""Nanoseconds by which a `die` may follow the end that it tells of, on a machine that is busy."""

MOST = 256
"""Containers kept in mind; a stack has a dozen."""


class _State(Enum):
    UP = auto()
    ENDED = auto()
    """Docker may start it again by itself."""
    REST = auto()
    """Only a hand starts it again."""


@dataclass
class _Course:
    """What is known of one container's present run, or of how that ended."""

    service: str
    state: _State = _State.ENDED
    known: bool = False
    """Inspect has shown it as a container of the stack."""
    started: int = 0
    killed: int | None = None
    died: EngineEvent | None = None
    stopped: EngineEvent | None = None
    heard: float = 0.0
    ours: bool = False
    judged: bool = False
    gone: bool = False
    lapsed: bool = False

    def may_be_stopped(self) -> bool:
        """Whether it ended after a signal through the API, so that the word for a stop may be on its way."""
        if self.died is None or self.killed is None or self.ours or self.judged or self.whole():
            return False
        return self.died.at - self.killed <= SIGNALLED

    def whole(self) -> bool:
        """Whether its end and its stop belong together."""
        if self.died is None or self.stopped is None:
            return False
        return -BACKOFF <= self.died.at - self.stopped.at <= TOGETHER

    def first(self) -> int | None:
        """When the story of its end began."""
        told = [self.killed, self.died and self.died.at, self.stopped and self.stopped.at]
        return min((at for at in told if at), default=None)


@dataclass(frozen=True)
class Stop:
    """A container was stopped through the API, and not started again in time. `at` and `died` are the Engine's nanoseconds.

    `heard`: the loop's time of its last event; `gone`: it was removed after that; `known`: inspect had shown it as one
    of the stack.
    """

    service: str
    id: str
    at: int
    died: int
    code: int | None
    heard: float
    gone: bool
    known: bool


@dataclass(frozen=True)
class Start:
    """A container that nothing but a hand starts was started; `sure`: no restart policy can have done it."""

    service: str
    id: str
    at: int
    heard: float
    sure: bool


class Ends:
    """Fed with events in any order; times given to it are the loop's."""

    def __init__(self) -> None:
        self._courses: dict[str, _Course] = {}

    def note(self, event: EngineEvent, now: float, *, ours: bool) -> Start | None:
        """Take in one event; `ours`: a change or the healer works on its service. Returns a start by hand."""
        if event.kind != "container" or event.service is None:
            return None
        course = self._courses.get(event.id)
        fresh = course is None
        if course is None:
            if len(self._courses) >= MOST and not self._make_room():
                return None
            course = self._courses[event.id] = _Course(event.service)
        if event.action == "start":
            by_hand = self._start(event, course, fresh=fresh)
            return (
                Start(course.service, event.id, event.at, now, fresh)
                if by_hand and not ours
                else None
            )
        if event.at > course.started:  # what is older was of an earlier run
            self._end(event, course, now, ours=ours)
        return None

    def _make_room(self) -> bool:
        """Let go of one that inspect has never shown."""
        unknown = [id_ for id_, it in self._courses.items() if not it.known]
        for id_ in unknown[:1]:
            del self._courses[id_]
        return bool(unknown)

    def _start(self, event: EngineEvent, course: _Course, *, fresh: bool) -> bool:
        """Begin a new run; returns whether only a hand can have done it."""
        for other in self._courses.values():  # a recreation starts another container of the service
            if other.service == course.service and other.whole() and other.stopped is not None:
                other.judged |= other.stopped.at < event.at
        last = max((it.at for it in (course.died, course.stopped) if it), default=course.started)
        if event.at <= last:  # told late or twice
            return False
        by_hand = fresh or course.state is _State.REST
        self._courses[event.id] = _Course(course.service, _State.UP, course.known, event.at)
        return by_hand

    def _end(self, event: EngineEvent, course: _Course, now: float, *, ours: bool) -> None:
        if event.action == "destroy":
            course.gone = True
        elif event.action == "kill":
            course.killed = event.at
        elif event.action == "die" and event != course.died:
            course.died, course.heard, course.state = event, now, _State.ENDED
            course.lapsed = False
        elif event.action == "stop" and event != course.stopped:
            course.stopped, course.heard = event, now
        else:
            return
        course.ours |= ours and event.action != "destroy"
        if course.whole():
            course.state = _State.REST

    def learn(self, containers: Iterable[Container], now: float) -> list[Start]:
        """What inspect says of every container that there is; courses of others end once they are judged.

        Returns starts by hand of which no event told: it was lost, or dated before the end by a clock that was set back.
        """
        seen = {it.id: it for it in containers}
        gone = [id_ for id_, it in self._courses.items() if id_ not in seen and not self._open(it)]
        for id_ in gone:
            del self._courses[id_]
        begun = [self._learn(container, now) for container in seen.values()]
        return [start for start in begun if start is not None]

    def _learn(self, container: Container, now: float) -> Start | None:
        course = self._courses.setdefault(container.id, _Course(container.service))
        course.known = True
        if container.state in ("exited", "created", "dead"):
            course.state = _State.REST
        elif container.state in ("running", "paused") and not self._open(course):
            rested = course.state is _State.REST
            if rested or course.died is None:
                self._courses[container.id] = _Course(course.service, _State.UP, known=True)
            if rested and container.started is not None:
                at = to_nanoseconds(container.started)
                return Start(course.service, container.id, at, now, sure=False)
        return None

    def _open(self, course: _Course) -> bool:
        return course.whole() and not course.judged and not course.ours

    def pending(self, service: str, now: float) -> bool:
        """Whether an end of the service may yet turn out to be the owner's stop, or a stop by him is not judged yet."""
        return any(
            self._open(it) or (it.may_be_stopped() and now < it.heard + NO_STOP)
            for it in self._courses.values()
            if it.service == service
        )

    def lapse(self, now: float) -> bool:
        """Whether an end has just turned out to be none of a stop's, for want of one."""
        over = [
            it
            for it in self._courses.values()
            if it.may_be_stopped() and not it.lapsed and now >= it.heard + NO_STOP
        ]
        for it in over:
            it.lapsed = True
        return bool(over)

    def due(self, now: float) -> list[Stop]:
        """The stops whose time is up, oldest first; each until it is judged."""
        found = [
            Stop(
                it.service,
                id_,
                it.stopped.at,
                it.died.at,
                it.died.code,
                it.heard,
                it.gone,
                it.known,
            )
            for id_, it in self._courses.items()
            if self._open(it) and now >= it.heard + NO_START and it.stopped and it.died
        ]
        return sorted(found, key=lambda stop: stop.at)

    def next(self) -> float | None:
        """When the next stop is due, or an end lapses; None while there is neither."""
        courses = self._courses.values()
        stops = [it.heard + NO_START for it in courses if self._open(it)]
        ends = [it.heard + NO_STOP for it in courses if it.may_be_stopped() and not it.lapsed]
        return min(stops + ends, default=None)

    def unjudged(self) -> int | None:
        """When the oldest story began that is not at its end: what follows it must be asked for again after a crash."""
        begun = [it.first() for it in self._courses.values() if self._open(it)]
        return min((at for at in begun if at is not None), default=None)

    def stands(self, stop: Stop) -> bool:
        """Whether nothing has been heard since that changes it."""
        course = self._courses.get(stop.id)
        if course is None or not self._open(course) or course.died is None:
            return False
        return course.stopped is not None and course.stopped.at == stop.at

    def settled(self, container: Container) -> bool:
        """Whether the end that inspect shows of it is ours, or has its verdict already."""
        course = self._courses.get(container.id)
        if course is None or course.died is None or container.finished is None:
            return False
        late = course.died.at - to_nanoseconds(container.finished)
        return (course.ours or course.judged) and abs(late) <= LATE

    def judge(self, stop: Stop) -> None:
        """It has its verdict."""
        if stop.id in self._courses:
            self._courses[stop.id].judged = True

    def forget(self) -> None:
        """The stream broke off: what followed was not heard, so that nothing can be made of stories without an end."""
        for id_, it in self._courses.items():
            if it.ours or it.judged:
                continue  # or it would be told again as another story
            self._courses[id_] = _Course(it.service, known=it.known, started=it.started)
