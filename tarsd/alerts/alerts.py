"""Alerts, put together and run: looks at incidents, makes notices, and brings them to channels."""

import asyncio
import platform
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from structlog.typing import FilteringBoundLogger

from tarsd.alerts.beat import Beat
from tarsd.alerts.book import RECENT, Book
from tarsd.alerts.message import Message
from tarsd.alerts.notice import Kind, Notice, Silence, State, base_of
from tarsd.alerts.outbox import Outbox
from tarsd.alerts.policy import Holds, routed
from tarsd.alerts.post import Post
from tarsd.catalogue.views import ChannelView
from tarsd.changes.model import Change, ChangeStatus
from tarsd.engine.incidents import Incidents
from tarsd.errors import Aborted, NotFound, StateUnavailable
from tarsd.host.delivery import Ended
from tarsd.settings import HEARTBEAT
from tarsd.settings import Alerts as Settings
from tarsd.times import iso, moment

BUSY, IDLE = 1.0, 30.0
"""Seconds between two looks while something is open or waits, and otherwise; an incident's news wakes it at once."""

BEGIN_AGAIN = 10.0
"""Seconds after a defect."""

MOST_RECALLED = 150
"""Incidents of the last day that are looked at again by a new daemon: far fewer than the outbox remembers notices."""

LONG = timedelta(minutes=1)
"""A change that was done in less is not worth a message: who began it has seen it end."""

SUSPECT = 600.0
"""Seconds for which a channel fails before the heartbeat is withheld for it."""


class Alerts:
    """`run` for as long as the daemon lives. `beat` is given what says why the heartbeat is withheld.

    `changes` are the newest, newest first; it raises StateUnavailable.
    """

    def __init__(
        self,
        incidents: Incidents,
        outbox: Outbox,
        holds: Holds,
        book: Book,
        post: Post,
        settings: Callable[[], Settings],
        log: FilteringBoundLogger,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
        beat: Callable[[Callable[[], str | None]], Beat],
        changes: Callable[[], Awaitable[Sequence[Change]]],
    ) -> None:
        self.outbox = outbox
        self.holds = holds
        self.post = post
        self.beat = beat(self._unwell)
        self._incidents = incidents
        self._book = book
        self._settings = settings
        self._log = log
        self._wall = wall
        self._clock = clock
        self._changes = changes
        self._wake = asyncio.Event()
        self._opening = 0
        self._since: dict[str, str] = {}
        self.sending: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something has happened."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled; what is on its way then is settled by its receipt at the next start."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self.look()
                except Exception:  # noqa: BLE001  alerts that end by themselves would look like peace
                    self._log.exception("alerts.defect")
                    await asyncio.sleep(BEGIN_AGAIN)
                busy = self._book.busy or self.outbox.live
                try:
                    await asyncio.wait_for(self._wake.wait(), BUSY if busy else IDLE)
                except asyncio.TimeoutError:
                    continue
        finally:
            for task in self.sending.values():
                task.cancel()

    async def look(self) -> None:
        """Once: make what is due, and begin to send to each channel that is not being sent to."""
        if not await self._caught_up():
            return
        self._book.look(self._incidents.unresolved)
        for number in list(self.holds.over()):
            await self.lift(number)
        self._forget_channels()
        for name in self._settings().channels:
            self._side_by_side(name, partial(self._send, name))
        self._side_by_side(HEARTBEAT, self._beat)
        await self.outbox.flush()

    async def close(self) -> None:
        """Before state.db is closed."""
        await self.outbox.close()

    def change_ended(self, change: Change) -> None:
        """Tell how a change ended, where that is news to whoever has not watched it."""
        ended, error = change.ended or iso(self._wall()), change.error or {}
        bad = change.status is ChangeStatus.NEEDS_OWNER or (
            change.status is ChangeStatus.UNDONE and error.get("kind") != Aborted.kind
        )
        if not bad and (change.status is not ChangeStatus.DONE or _lasted(change, ended) < LONG):
            return
        severity = "fail" if bad else "info"
        text = f"{change.summary}: {error.get('message') or change.status.value}"
        fix = str(error.get("fix") or "") or f"tarsctl tasks {change.id}"
        fault, subject = f"change.{change.kind}", f"change {change.id}"
        for name in routed(self._settings(), fault, subject, severity):
            if ended < self._since.get(name, ended):
                continue
            made = Notice(
                base_of(fault, subject, change.started), 0, Kind.CHANGE, name, 0, fault, subject,
                severity, text, fix, ended,
            )  # fmt: skip
            self.outbox.add([made])
        self.wake()

    async def silence(self, fault: str, subject: str, seconds: float, reason: str) -> Silence:
        """Tell nothing of such faults and subjects for so long. Raises StateUnavailable."""
        now = self._wall()
        until = iso(now + timedelta(seconds=seconds))
        made = Silence(0, fault, subject, until, reason, iso(now))
        made = replace(made, id=await self.outbox.store.silence(made))
        self.holds.silences[made.id] = made
        return made

    async def lift(self, number: int) -> None:
        """End a silence. Raises NotFound; StateUnavailable is for the next look."""
        if self.holds.silences.pop(number, None) is None:
            raise NotFound(f"cannot find silence {number}", fix="tarsctl alerts list")
        self.wake()
        try:
            await self.outbox.store.lift(number)
        except StateUnavailable as error:
            self._log.error("alerts.unrecorded", message=error.message)

    async def test(self, name: str) -> Ended:
        """Try a channel now. Raises NotFound."""
        channel = self._settings().channels.get(name)
        if channel is None:
            raise NotFound(
                f"cannot find channel {name}: it is not in the settings",
                fix=f"sudo editor /etc/tars-home/tars-home.toml  ([alerts.channels.{name}])",
            )
        host = platform.node()
        body = f"{host} can reach you here. Sent {self._wall().astimezone():%d %b %H:%M:%S}."
        return await self.post.test(name, channel, Message(f"{host}: test message", body, "info"))

    def anew(self, name: str) -> int:
        """The owner has done something about a channel: it is tried at once, with what was parked; returns how many."""
        self.post.way(name).anew(self._clock())
        parked = [
            it for it in self.outbox.notices if it.channel == name and it.state is State.PARKED
        ]
        now = iso(self._wall())
        self.outbox.change(parked, state=State.WAITING, attempts=0, due=now, ended=None, why=None)
        self.wake()
        return len(parked)

    def views(self) -> tuple[ChannelView, ...]:
        """How channels are, for the check of them."""
        now, counts = self._clock(), dict.fromkeys(self._settings().channels, 0)
        for notice in self.outbox.notices:
            if notice.state is State.PARKED and notice.channel in counts:
                counts[notice.channel] += 1
        return tuple(
            ChannelView(
                name, 0.0 if it.failing_from is None else now - it.failing_from, it.why, parked
            )
            for name, parked in counts.items()
            for it in (self.post.way(name),)
        )

    def _side_by_side(self, name: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """No channel waits for another, and none is sent to twice at a time."""
        if name not in self.sending or self.sending[name].done():
            self.sending[name] = asyncio.create_task(act())

    def _forget_channels(self) -> None:
        """What waits for one that is no longer in the settings waits for nothing."""
        there = self._settings().channels
        gone = [it for it in self.outbox.live if it.channel not in there]
        self.outbox.end(gone, State.DROPPED, "its channel is not in the settings any more")

    async def _beat(self) -> None:
        try:
            await self.beat.look()
        except Exception:  # noqa: BLE001  it is a silence that is heard elsewhere
            self._log.exception("alerts.defect", channel=HEARTBEAT)

    async def _send(self, name: str) -> None:
        channel = self._settings().channels.get(name)
        if channel is None:
            return
        try:
            while await self.post.send(name, channel):
                continue
            if channel.kind == "alertmanager":
                told = [it for it in self._book.incidents if self._told_to(name, it.key)]
                await self.post.refresh(name, told)
        except Exception:  # noqa: BLE001  one channel's defect is not the others'
            self._log.exception("alerts.defect", channel=name)

    def _told_to(self, name: str, key: tuple[str, str]) -> bool:
        incident = next((it for it in self._incidents.unresolved if it.key == key), None)
        if incident is None:
            return False
        return self.outbox.told(base_of(*key, incident.opened), name)

    async def _caught_up(self) -> bool:
        """Whether what an earlier daemon told is known; read anew where state.db was opened anew."""
        opening = self.outbox.store.opening
        if not opening or not self._incidents.known:
            return self._opening > 0
        if opening != self._opening:
            try:
                await self._recall()
            except StateUnavailable as error:
                self._log.error("alerts.unread", message=error.message)
                return self._opening > 0
            self._opening = opening
        return await self._introduced()

    async def _recall(self) -> None:
        kept = await self.outbox.store.load()
        recent = await self._incidents.ledger.list(since=self._wall() - RECENT, count=MOST_RECALLED)
        self.outbox.take_over(kept)
        self.holds.silences = {it.id: it for it in kept.silences}
        self._since = dict(kept.channels)
        ended = [it for it in reversed(recent) if it.resolved is not None]
        if self._opening == 0:
            await self.post.settle()
        self._book.recall(self._incidents.unresolved, ended, self._since)
        for change in reversed(await self._changes()):
            if change.ended is not None and self._wall() - moment(change.ended) <= RECENT:
                self.change_ended(change)

    async def _introduced(self) -> bool:
        """Note channels that are new; they are told what is open."""
        new = [name for name in self._settings().channels if name not in self._since]
        for name in new:
            self._since[name] = iso(self._wall())
            try:
                await self.outbox.store.know(name, self._since[name])
            except StateUnavailable as error:
                self._log.error("alerts.unrecorded", message=error.message)
        if new:
            self._book.introduce()
        return True

    def _unwell(self) -> str | None:
        """Why the heartbeat is withheld."""
        for incident in self._incidents.unresolved:
            if incident.severity == "fail":
                return f"incident {incident.id or 'not recorded yet'} ({incident.fault}) is open"
        late = next((it for it in self.views() if it.failing >= SUSPECT), None)
        if late is not None:
            return f"channel {late.name} does not take messages"
        return "what is to be told cannot be recorded" if self.outbox.unwritten else None


def _lasted(change: Change, ended: str) -> timedelta:
    return moment(ended) - moment(change.started)
