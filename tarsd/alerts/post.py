"""The post: brings what waits in the outbox to each channel, one message at a time, and notes how that went."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from tarsd.alerts import alertmanager
from tarsd.alerts.channel import Way
from tarsd.alerts.message import Message, Writer
from tarsd.alerts.notice import Notice, State
from tarsd.alerts.outbox import Outbox
from tarsd.alerts.policy import Holds
from tarsd.changes.hiding import Hiding
from tarsd.engine.incident import Incident
from tarsd.host.delivery import Carrier, Ended
from tarsd.settings import Channel
from tarsd.times import iso, moment

MOST_TOGETHER = 20
"""Notices in one message."""

PLAIN_AFTER, PARK_AFTER = 2, 5
"""Refusals of one notice, after which it is sent in its plainest form, and after which it no longer stands in the way."""

OLDEST = timedelta(days=7)
"""What could not be told for so long is parked."""

TRIED = 3600.0
"""Seconds for which this daemon itself has tried before: a clock that was put forward makes nothing old."""

LONGEST_WAIT = 3600.0
"""Seconds that a notice waits for its next try, whatever a clock that was changed makes of the time on disk."""


@dataclass(frozen=True)
class Sources:
    """What messages are made of: an incident with its timeline, what services need, how secrets are hidden."""

    incident: Callable[[int], Awaitable[Incident | None]]
    needs: Callable[[], Mapping[str, Set[str]]]
    hiding: Hiding
    writer: Writer


class Post:
    """`wall` dates what is sent, `clock` (monotonic, seconds) is for every wait."""

    def __init__(
        self,
        outbox: Outbox,
        holds: Holds,
        carrier: Carrier,
        sources: Sources,
        log: FilteringBoundLogger,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.ways: dict[str, Way] = {}
        self._outbox = outbox
        self._holds = holds
        self._carrier = carrier
        self._sources = sources
        self._log = log
        self._wall = wall
        self._clock = clock

    def way(self, channel: str) -> Way:
        """What is known of it."""
        return self.ways.setdefault(channel, Way())

    async def settle(self) -> None:
        """What an earlier daemon had on its way: a receipt says that it arrived, else it is sent again and says so."""
        receipts = await self._carrier.receipts()
        for notice in self._outbox.live:
            if notice.state is not State.SENDING:
                continue
            if notice.message in receipts:
                self._outbox.end([notice], State.SENT)
            else:
                self._outbox.change([notice], state=State.WAITING, due=None, repeated=True)
        if await self._outbox.flush():
            for message in receipts:
                await self._carrier.forget(message)

    async def send(self, name: str, channel: Channel) -> bool:
        """One message of what is due, if there is any; whether there was."""
        way, now = self.way(name), self._clock()
        self._park_old(name)
        due = [it for it in self._outbox.waiting(name) if self._is_due(it, channel)]
        if not due or not way.may(now, channel.per_hour):
            return False
        fresh = [it for it in due if not it.attempts]
        batch = fresh[: 1 if way.singly else MOST_TOGETHER] or due[:1]
        message = secrets.token_hex(8)
        batch = self._outbox.change(batch, state=State.SENDING, message=message)
        await self._outbox.flush()
        self._ended(name, batch, ended := await self._carry(name, channel, batch, message))
        if await self._outbox.flush() and ended.outcome == "sent":
            await self._carrier.forget(message)
        return True

    async def test(self, name: str, channel: Channel, message: Message) -> Ended:
        """Send this at once, whatever the hour; nothing is kept of it, and nobody tries again."""
        told: dict[str, object] = {"kind": "apprise", **vars(message)}
        if channel.kind == "alertmanager":
            now = iso(self._wall())
            told = {"kind": "alertmanager", "alerts": [{**_test_alert(message), "startsAt": now}]}
        ended = await self._carrier.carry(name, told)
        way = self.way(name)
        if ended.outcome == "sent":
            way.took(self._clock(), iso(self._wall()))
        return ended

    async def refresh(self, name: str, incidents: Sequence[Incident]) -> None:
        """Tell an Alertmanager that these are still so; it forgets them otherwise."""
        way, now = self.way(name), self._clock()
        if not incidents or now < way.retry_at or now - way.refreshed < alertmanager.REFRESH:
            return
        way.refreshed = now
        alerts = alertmanager.of_incidents(incidents, self._sources.writer.host, self._wall())
        hidden = await self._sources.hiding.of(alerts)
        ended = await self._carrier.carry(name, {"kind": "alertmanager", "alerts": hidden})
        if ended.outcome != "sent":
            self._say(name, ended)
            way.failed(now, iso(self._wall()), ended)

    async def _carry(
        self, name: str, channel: Channel, batch: Sequence[Notice], message: str
    ) -> Ended:
        """Whoever cancels this leaves it to the receipt whether it has arrived."""
        try:
            return await self._carrier.carry(name, await self._told(channel, batch), message)
        except Exception as error:  # noqa: BLE001  what cannot even be written must not stand in the way of the rest
            self._log.exception("alerts.defect", channel=name)
            return Ended("refused", f"it cannot be written ({type(error).__name__})")

    def _is_due(self, notice: Notice, channel: Channel) -> bool:
        if self._holds.why(notice, channel) is not None:
            return False
        if notice.due is None:
            return True
        left = (moment(notice.due) - self._wall()).total_seconds()
        return not 0 < left <= LONGEST_WAIT

    async def _told(self, channel: Channel, batch: Sequence[Notice]) -> dict[str, object]:
        now, writer = self._wall(), self._sources.writer
        if channel.kind == "alertmanager":
            alerts = alertmanager.of_notices(batch, writer.host, now)
            return {"kind": "alertmanager", "alerts": await self._sources.hiding.of(alerts)}
        if any(it.attempts >= PLAIN_AFTER for it in batch):
            return {"kind": "apprise", **vars(writer.plain(batch))}
        incidents: dict[int, Incident] = {}
        for number in {it.incident for it in batch if it.incident}:
            found = await self._sources.incident(number)
            if found is not None:
                incidents[number] = found
        written = writer.write(batch, incidents, self._sources.needs(), now)
        said = [written.title, written.body, written.short]
        title, body, short = await self._sources.hiding.of(said)
        told = Message(title, body, written.level, short)
        return {"kind": "apprise", **vars(told)}

    def _ended(self, name: str, batch: Sequence[Notice], ended: Ended) -> None:
        way, now, at = self.way(name), self._clock(), iso(self._wall())
        if ended.outcome == "sent":
            self._outbox.end(batch, State.SENT)
            way.took(now, at)
            self._log.info("alerts.sent", channel=name, count=len(batch))
            return
        self._say(name, ended)
        if ended.outcome in ("refused", "unknown") and len(batch) > 1:
            way.singly = True
            self._outbox.change(batch, state=State.WAITING)
            if ended.outcome == "unknown":
                way.failed(now, at, ended)
        elif ended.outcome in ("refused", "unknown"):
            self._refused(name, batch, ended)
        else:
            silent = ended.outcome == "silent"
            for notice in batch:
                self._outbox.change(
                    [notice],
                    state=State.WAITING,
                    why=ended.why,
                    repeated=notice.repeated or silent,
                )
            way.failed(now, at, ended)

    def _refused(self, name: str, batch: Sequence[Notice], ended: Ended) -> None:
        """It goes behind the others; after some refusals in the plainest form it is parked."""
        way = self.way(name)
        attempts = batch[0].attempts + 1
        if attempts >= PARK_AFTER:
            self._park(self._outbox.change(batch, attempts=attempts), ended.why or "it is refused")
            return
        due = iso(self._wall() + timedelta(seconds=30.0 * 2**attempts))
        self._outbox.change(
            batch,
            state=State.WAITING,
            attempts=attempts,
            due=due,
            why=ended.why,
            repeated=ended.outcome == "unknown" or batch[0].repeated,
        )
        if ended.outcome == "unknown":
            way.failed(self._clock(), iso(self._wall()), ended)

    def _park_old(self, name: str) -> None:
        if self.way(name).failing(self._clock()) < TRIED:
            return
        old = self._wall() - OLDEST
        late = [it for it in self._outbox.waiting(name) if moment(it.seen) < old]
        self._park(late, f"it could not be told for {OLDEST.days} days")

    def _park(self, notices: Sequence[Notice], why: str) -> None:
        for notice in self._outbox.end(notices, State.PARKED, why):
            self._log.error(
                "alerts.parked", channel=notice.channel, incident=str(notice.incident), message=why
            )

    def _say(self, name: str, ended: Ended) -> None:
        """Once for each reason."""
        if self.way(name).why != ended.why:
            self._log.warning("alerts.unsent", channel=name, message=ended.why or ended.outcome)


def _test_alert(message: Message) -> dict[str, object]:
    labels = {"alertname": "TarsTest", "severity": "info"}
    return {"labels": labels, "annotations": {"summary": message.body}}
