"""/v1/alerts"""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from tarsd.alerts.alerts import Alerts
from tarsd.alerts.notice import OVER, State
from tarsd.api.route import Body, Call, Query
from tarsd.errors import HostSilent, NotFound
from tarsd.host.delivery import Delivery
from tarsd.observe.alert_shapes import (
    AlertReport,
    ChannelShape,
    HeartbeatShape,
    NoticeList,
    NoticeShape,
    SilenceShape,
    notice_shape,
    silence_shape,
)
from tarsd.settings import HEARTBEAT
from tarsd.settings import Alerts as Settings

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=100)]


class ChannelBody(Body):
    """`channel`: one of the settings; all of them without."""

    channel: Name | None = None


class AddressBody(Body):
    """The address of a channel, which is a secret."""

    channel: Name
    address: Annotated[str, Field(min_length=1, max_length=2000)]


class SilenceBody(Body):
    """For how many seconds nothing is told of faults and subjects that fit."""

    seconds: Annotated[int, Field(ge=60, le=30 * 86400)]
    fault: Pattern = "*"
    subject: Pattern = "*"
    reason: Annotated[str, Field(max_length=200)] = ""


class NoticesQuery(Query):
    """`state`: those alone; `open` are those that are not over."""

    state: Literal["open", "waiting", "sending", "sent", "parked", "dropped"] | None = None
    count: Annotated[int, Field(ge=1, le=500)] = 50


class AlertHandlers:
    """Looking at channels and notices, and the owner's words on them."""

    def __init__(
        self, alerts: Alerts, delivery: Delivery, settings: Callable[[], Settings]
    ) -> None:
        self._alerts = alerts
        self._delivery = delivery
        self._settings = settings

    async def show(self, _: Call) -> AlertReport:
        """Where alerts go, and how that goes."""
        return await self.report()

    async def report(self) -> AlertReport:
        """The same; from memory but for the files with addresses."""
        settings, beat = self._settings(), self._alerts.beat
        names = [*settings.channels, HEARTBEAT]
        there = await asyncio.gather(*(self._delivery.has(name) for name in names))
        addresses = dict(zip(names, there, strict=True))
        return AlertReport(
            channels=[self._channel(name, addresses[name]) for name in settings.channels],
            silences=[silence_shape(it) for it in self._alerts.holds.silences.values()],
            heartbeat=HeartbeatShape(
                minutes=settings.heartbeat_minutes,
                address=addresses[HEARTBEAT],
                withheld=beat.withheld,
                message=None if beat.failed is None else beat.failed.why,
            ),
            unwritten=self._alerts.outbox.unwritten,
        )

    def newest(self, count: int) -> Sequence[NoticeShape]:
        """The newest notices, newest first."""
        return [
            notice_shape(it, self._held(it))
            for it in reversed(self._alerts.outbox.notices[-count:])
        ]

    async def notices(self, call: Call) -> NoticeList:
        """The newest."""
        query: NoticesQuery = call.query
        found = [
            notice_shape(it, self._held(it))
            for it in reversed(self._alerts.outbox.notices)
            if query.state in (None, it.state.value)
            or (query.state == "open" and it.state not in OVER)
        ]
        return NoticeList(notices=found[: query.count])

    async def test(self, call: Call) -> dict[str, Any]:
        """Send a message now, and say what became of it."""
        body: ChannelBody = call.body
        names = self._named(body.channel)
        ended = await asyncio.gather(*(self._alerts.test(name) for name in names))
        return {
            "channels": [
                {"name": name, "outcome": it.outcome, "message": it.why}
                for name, it in zip(names, ended, strict=True)
            ]
        }

    async def retry(self, call: Call) -> dict[str, Any]:
        """Try at once, with what was parked."""
        body: ChannelBody = call.body
        return {"parked": sum(self._alerts.anew(name) for name in self._named(body.channel))}

    async def address(self, call: Call) -> dict[str, Any]:
        """Keep the address of a channel. Raises ChannelWrong, NotFound."""
        body: AddressBody = call.body
        kind = HEARTBEAT
        if body.channel != HEARTBEAT:
            self._named(body.channel)
            kind = self._settings().channels[body.channel].kind
        await self._delivery.check(body.channel, kind, body.address.strip())
        try:
            await self._delivery.keep(body.channel, body.address.strip())
        except (OSError, asyncio.TimeoutError) as error:
            why = getattr(error, "strerror", None) or "the disk does not answer"
            raise HostSilent(f"cannot keep the address of {body.channel}: {why}") from error
        self._alerts.anew(body.channel)
        return {"channel": body.channel}

    async def silence(self, call: Call) -> SilenceShape:
        """Tell nothing for a while."""
        body: SilenceBody = call.body
        made = await self._alerts.silence(body.fault, body.subject, body.seconds, body.reason)
        return silence_shape(made)

    async def lift(self, call: Call) -> dict[str, Any]:
        """End a silence. Raises NotFound."""
        text: str = call.path["id"]
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise NotFound(f"cannot find silence {text}", fix="tarsctl alerts list")
        await self._alerts.lift(int(text))
        return {"silence": text}

    def _named(self, name: str | None) -> Sequence[str]:
        there = self._settings().channels
        if name is None:
            return list(there)
        if name not in there:
            raise NotFound(
                f"cannot find channel {name}: it is not in the settings",
                fix=f"sudo editor /etc/tars-home/tars-home.toml  ([alerts.channels.{name}])",
            )
        return [name]

    def _held(self, notice: Any) -> str | None:
        channel = self._settings().channels.get(notice.channel)
        if channel is None or notice.state is not State.WAITING:
            return None
        why = self._alerts.holds.why(notice, channel)
        return why and f"held by {why}"

    def _channel(self, name: str, address: bool) -> ChannelShape:
        settings, way = self._settings().channels[name], self._alerts.post.way(name)
        mine = [it.state for it in self._alerts.outbox.notices if it.channel == name]
        status = "failing" if way.failing_from is not None else "ok" if way.last_sent else "unused"
        return ChannelShape(
            name=name,
            kind=settings.kind,
            severity=settings.severity,
            faults=list(settings.faults),
            address=address,
            status=status if address else "no-address",
            message=way.why,
            failing_since=way.since,
            last_sent=way.last_sent,
            waiting=sum(it not in OVER for it in mine),
            parked=mine.count(State.PARKED),
            quiet=settings.quiet,
        )
