"""Keeps the owner's intent: understands his own docker commands, and takes nothing for his that Docker or we do."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarsd.engine.absence import NEAR, Absence, by_hand, doubt, superseded
from tarsd.engine.ends import Ends, Start, Stop
from tarsd.engine.passes import utc_now
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.truth import Notice, Resync
from tarsd.engine.watching import Watching
from tarsd.engine.wishes import Wishes
from tarsd.errors import StateUnavailable, TarsError
from tarsd.host.containers import Container
from tarsd.host.engine_events import EngineEvent
from tarsd.observe.intent import IntentJournal
from tarsd.store.intent import Wanted, Wish
from tarsd.store.watch import WatchStore
from tarsd.times import from_nanoseconds, iso

RETRY = 10.0
"""Seconds until what the disk or the Engine refused is tried again."""

REPLAY = 2.0
"""Seconds in which a stream that has just been opened tells what nobody heard, from the Engine's memory: milliseconds."""

UNFOLLOWED = 10.0
"""Seconds after the end of a stream in which no end is held against a service: a new stream is asked for all the time."""

NOTED = 2.5
"""Seconds until it is on disk that a stop has its verdict, or was ours."""

OURS_BEFORE, OURS_AFTER = timedelta(seconds=5), timedelta(seconds=180)
"""Around an act of ours, a stop is its consequence: the longest stop grace of the stack is 120 s."""

SETTLED = timedelta(seconds=10)
"""After the start of an Engine, who follows one follows this one, and not the one before whose end he has not noticed."""

UP = ("running", "restarting", "paused")
OVER = ("exited", "dead")


@dataclass(frozen=True)
class Surroundings:
    """What the keeper asks. `look` takes a fresh snapshot; both it and `stopping` may raise any TarsError.

    `acting` holds for acts that an earlier daemon left unfinished, too, until they are settled. `stopped_by_us` is when the
    latest act or change began that stops this service; it is on disk before the Engine is asked.
    """

    look: Callable[[], Awaitable[Snapshot]]
    stopping: Callable[[], Awaitable[bool]]
    """Whether docker.service or the host is."""
    busy: Callable[[str], bool]
    """Whether a change works on the service."""
    acting: Callable[[str], bool]
    """Whether the healer does."""
    stopped_by_us: Callable[[str], datetime | None]
    known: Callable[[str], bool]
    """Whether the current generation has such a service."""


class IntentKeeper:
    """Told of events, of every snapshot and of the end of the stream; `run` judges. In doubt a service is wanted running.

    `told` is called when something is not pending any more.
    """

    def __init__(
        self,
        wishes: Wishes,
        watch: WatchStore,
        around: Surroundings,
        journal: IntentJournal,
        now: Callable[[], datetime] = utc_now,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._wishes = wishes
        self._around = around
        self._journal = journal
        self._told = told
        self._ends = Ends()
        self._watching = Watching(watch, self._ends.unjudged, now)
        self._starts: deque[Start] = deque(maxlen=64)
        self._wake = asyncio.Event()
        self._engine: datetime | None = None
        self._booted = False
        """Whether this Engine had been followed before the latest absence: then it has stopped and started all it does."""
        self._up: set[str] = set()
        self._left: set[str] = set()
        self._maybe: set[str] = set()
        """Of those that ended unwatched, the ones that the owner may have stopped, until that is judged."""
        self._untold: set[str] = set()
        """Of those, all whose end the Engine may still tell of, up to `_told_at` on the loop's clock."""
        self._told_at = 0.0
        self._judging: set[str] = set()
        """Whose stop is being judged, up to its verdict's being on disk."""
        self._not_before = 0.0
        self._lost_at: float | None = None

    def event(self, event: EngineEvent) -> None:
        """Take in one event, as soon as it comes."""
        if event.kind != "container" or event.service is None:
            return
        if not self._watching.believes(event.at, self._time()):
            return
        service, ours = event.service, self._ours(event.service)
        begun = self._ends.note(event, self._time(), ours=ours)
        if ours and event.action == "stop":
            self._watching.keep_by(self._time() + NOTED)  # or a daemon after this one would wonder
        if event.action == "start":
            self._up.add(service)
            self._left.discard(service)
        if begun is not None:
            self._starts.append(begun)
        self._wake.set()

    def notice(self, notice: Notice) -> None:
        """Take in what `engine.truth.Truth` tells its subscribers."""
        if isinstance(notice, EngineEvent):
            self.event(notice)
        elif isinstance(notice, Resync):
            if notice.why in ("lost", "leaving", "connected"):
                self.lost()
            self.seen(notice.now, connected=notice.why == "connected")

    def seen(self, snapshot: Snapshot, *, connected: bool = False) -> None:
        """Take in a snapshot; `connected`: the first one of a stream. One without an Engine says nothing.

        Between two streams they are passed over: what changed then is judged as an absence.
        """
        if not snapshot.engine.answers or snapshot.containers is None:
            return
        since, containers = snapshot.engine.since, snapshot.containers
        if since and self._engine and not self._is_same(since):
            self.lost()
        if not self._watching.on and not connected:
            return
        self._starts.extend(self._ends.learn(containers.values(), self._time()))
        if not self._watching.on:
            self._come_back(since, containers)
        self._engine = since
        self._up = {name for name, it in containers.items() if it.state in UP}
        self._left = {name for name in self._left - self._up if name in containers}
        self._wake.set()

    def lost(self) -> None:
        """The stream has ended: verdicts that were due are dropped; what is found later is judged as an absence."""
        if self._watching.on:
            self._lost_at = self._time()
            self._watching.end()
            self._ends.forget()
            self._starts.clear()

    def pending(self, service: str) -> bool:
        """Whether it may yet turn out that the owner wants it stopped: no fault until then, and nothing to be mended."""
        if not self._wishes.known:
            return True
        if service in self._left:
            return False
        return (
            self._blind()
            or service in self._maybe
            or service in self._judging
            or (service in self._untold and self._time() < self._told_at)
            or self._ends.pending(service, self._time())
        )

    def _blind(self) -> bool:
        """Whether the stream has just ended: its Engine may be another one by the time that the next one begins."""
        lost = None if self._watching.on else self._lost_at
        return lost is not None and self._time() - lost < UNFOLLOWED

    def left_by_engine(self, service: str) -> bool:
        """Whether it ran until its Engine died, and has not been started since: nobody stopped it."""
        return service in self._left

    def wanted(self) -> Mapping[str, Wanted]:
        """What was last known to be wanted, by service, with verdicts that the disk has not taken yet; it asks no disk."""
        return self._wishes.latest()

    def wishes(self) -> Mapping[str, Wish]:
        """The same with when and why."""
        return self._wishes.newest()

    async def since(self) -> int | None:
        """From when on events are to be asked for, in the Engine's nanoseconds; None: from now on. Within 5 s."""
        return await self._watching.since()

    async def run(self) -> None:
        """Judge for ever what is due."""
        while True:
            try:
                await self._turn()
            except StateUnavailable as error:
                self._journal.unrecorded(error)
                self._not_before = self._time() + RETRY
            except Exception:  # noqa: BLE001  without a keeper, the owner's stops would be undone
                self._journal.defect()
                self._not_before = self._time() + RETRY
            self._wake.clear()
            # Not wait_for: before 3.12 it swallows a cancellation that comes together with what it waits for.
            timer = asyncio.get_running_loop().call_later(self._pause(), self._wake.set)
            await self._wake.wait()
            timer.cancel()

    async def close(self) -> None:
        """Note how far events were followed; to be called once run() is cancelled, before state.db is closed."""
        try:
            await self._watching.keep(self._time())
        except StateUnavailable as error:
            self._journal.unrecorded(error)

    def _pause(self) -> float:
        """Seconds until something is due."""
        retry = self._time() + RETRY if self._wishes.owed else None
        watching = self._watching
        times = [self._ends.next(), watching.compare_at, watching.keep_at, retry]
        first = min(time for time in times if time is not None)
        return max(first, self._not_before, self._time() + 0.05) - self._time()

    async def _turn(self) -> None:
        if self._time() < self._not_before:
            return
        if not self._wishes.known:
            await self._wishes.all()
        await self._watching.load()
        if self._wishes.owed:
            await self._wishes.retry()
        while self._starts and await self._judge_start(self._starts[0]):
            self._starts.popleft()
        compare_at = self._watching.compare_at
        if compare_at is not None and self._time() >= compare_at:
            await self._compare()
        told = self._ends.lapse(self._time())
        for stop in self._ends.due(self._time()):
            self._judging.add(stop.service)
            try:
                await self._judge_stop(stop)
            finally:
                self._judging.discard(stop.service)
            told = True
        if told:
            self._told()
        if self._time() >= self._watching.keep_at:
            await self._watching.keep(self._time())

    def _come_back(self, since: datetime | None, containers: Mapping[str, Container]) -> None:
        """The first look after nobody watched."""
        ended = {name for name, it in containers.items() if it.state in OVER}
        away, same = self._watching.away, self._is_same(since)
        if not same:
            self._left |= self._up & ended
        noted = self._engine is None  # by an earlier daemon, which did not say of which Engine
        self._booted = (same or noted) and bool(since and away and away > since + SETTLED)
        absence = Absence(away, since, self._booted)
        self._maybe = {name for name in ended - self._left if absence.may_be_stop(containers[name])}
        self._untold, self._told_at = ended - self._left, self._time() + REPLAY
        self._watching.begin(self._time())

    async def _compare(self) -> None:
        """Judge what has changed while nobody watched, by what inspect says now."""
        wishes, going = await self._wishes.all(), await self._going_down()
        snapshot = None if going else await self._look()
        if snapshot is None or not self._watching.on:  # the Engine has gone, or is about to
            self._not_before = self._time() + RETRY
            return
        since = snapshot.engine.since if going is False else None
        absence = Absence(self._watching.away, since, self._booted and since is not None)
        for service, container in (snapshot.containers or {}).items():
            # Its events, or the Engine that died, are better witnesses.
            told = service in self._left or self._ends.pending(service, self._time())
            told = told or self._ends.settled(container)
            if not told and self._around.known(service) and not self._ours(service):
                await self._judge_unwatched(container, wishes.get(service), absence)
        self._maybe = set()
        self._watching.caught_up()
        self._told()

    async def _judge_unwatched(
        self, container: Container, wish: Wish | None, absence: Absence
    ) -> None:
        service = container.service
        ours = self._is_ours(service, container.finished, container.started)
        opinion = absence.opinion(container, wish, ours=ours)
        if opinion == "stopped" and container.finished is not None:
            said = f"docker stop while nobody watched, at {iso(container.finished)}"
            await self._wishes.record(service, wish, "stopped", said)
        elif opinion == "started" and container.started is not None:
            said = f"docker start while nobody watched, at {iso(container.started)}"
            await self._wishes.record(service, wish, "running", said)
        elif opinion == "unclear":
            said = f"it ended while nobody watched, with exit code {container.exit_code}"
            self._journal.unclear(service, said)

    async def _judge_start(self, start: Start) -> bool:
        """Returns False where it has to be asked again."""
        service = start.service
        wish = (await self._wishes.all()).get(service)
        if wish is None or wish.wanted == "running" or not self._around.known(service):
            return True
        snapshot = await self._look()
        if snapshot is None:
            self._not_before = self._time() + RETRY
            return False
        replayed = self._is_replayed(start.at, start.heard)
        if not self._ours(service) and by_hand(start, snapshot, replayed=replayed):
            said = f"docker start seen at {iso(from_nanoseconds(start.at))}"
            await self._wishes.record(service, wish, "running", said)
        return True

    async def _judge_stop(self, stop: Stop) -> None:
        service = stop.service
        wish = (await self._wishes.all()).get(service)
        wanted = wish is None or wish.wanted == "running"
        explained = not wanted or service in self._left or not self._around.known(service)
        why = None
        if not explained and not self._ours(service):
            explained, why = await self._doubt(stop)
            if not self._ends.stands(stop):  # started, or the stream has ended, while we asked
                return
        self._judged(stop)
        if explained or self._ours(service):
            return
        if why is not None:
            self._journal.unclear(service, why)
        else:
            said = f"docker stop seen at {iso(from_nanoseconds(stop.at))}"
            await self._wishes.record(service, wish, "stopped", said)

    def _judged(self, stop: Stop) -> None:
        self._ends.judge(stop)
        self._watching.keep_by(self._time() + NOTED)

    async def _doubt(self, stop: Stop) -> tuple[bool, str | None]:
        """Whether it is explained otherwise, or else what speaks against the owner."""
        service, at = stop.service, from_nanoseconds(stop.at)
        try:
            if await self._around.stopping():
                return True, None
            snapshot = await self._around.look()
        except TarsError as error:
            return self._is_ours(service, at, None), error.message
        container = (snapshot.containers or {}).get(service)
        began = container.started if container is not None and container.id == stop.id else None
        if superseded(stop, snapshot) or self._is_ours(service, at, began):
            return True, None
        replayed = self._is_replayed(stop.at, stop.heard)
        return False, doubt(stop, snapshot, replayed=replayed)

    async def _going_down(self) -> bool | None:
        """Whether the Engine or the host is; None where systemd does not say, so that nothing is certain."""
        try:
            return await self._around.stopping()
        except TarsError:
            return None

    async def _look(self) -> Snapshot | None:
        """A fresh snapshot; None where the Engine does not answer."""
        try:
            snapshot = await self._around.look()
        except TarsError:  # an Engine that is silent is a fault of its own, told by its check
            return None
        return snapshot if snapshot.engine.answers and snapshot.containers is not None else None

    def _is_same(self, since: datetime | None) -> bool:
        """Whether this Engine, by its start, is the one that was seen before."""
        if since is None or self._engine is None:
            return False
        return abs(since - self._engine) <= NEAR

    def _is_replayed(self, at: int, heard: float) -> bool:
        """Whether it may be what the Engine did by itself at its start, told from its memory."""
        return not self._booted and self._watching.replayed(at, heard)

    def _ours(self, service: str) -> bool:
        return self._around.busy(service) or self._around.acting(service)

    def _is_ours(self, service: str, at: datetime | None, began: datetime | None) -> bool:
        """Whether our latest act explains an end: only of a run that was there before it, where `began` tells that."""
        act = self._around.stopped_by_us(service)
        if act is None or at is None or (began is not None and began > act):
            return False
        return act - OURS_BEFORE <= at <= act + OURS_AFTER

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()
