"""Alerts as docs/json.md shapes them."""

from tarsd.alerts.notice import Notice, Silence
from tarsd.observe.model import Shape


class ChannelShape(Shape):
    """A channel; `failing_since` is null while it takes messages, `held` says why nothing is told now."""

    name: str
    kind: str
    severity: str
    faults: list[str]
    address: bool
    status: str
    message: str | None
    failing_since: str | None
    last_sent: str | None
    waiting: int
    parked: int
    quiet: str | None


class SilenceShape(Shape):
    """The owner's word that nothing of this is told until then."""

    id: str
    fault: str
    subject: str
    until: str
    reason: str


class HeartbeatShape(Shape):
    """The outbound heartbeat; `withheld` says why it is not pinged."""

    minutes: int
    address: bool
    withheld: str | None
    message: str | None


class AlertReport(Shape):
    """Where alerts go; `unwritten` counts what state.db has not taken yet."""

    channels: list[ChannelShape]
    silences: list[SilenceShape]
    heartbeat: HeartbeatShape
    unwritten: int


class NoticeShape(Shape):
    """One thing that one channel is told: the receipt of it, once it was."""

    channel: str
    kind: str
    state: str
    incident: str | None
    fault: str
    subject: str
    severity: str
    text: str
    seen: str
    ended: str | None
    attempts: int
    why: str | None
    repeated: bool


class NoticeList(Shape):
    """Newest first."""

    notices: list[NoticeShape]


def notice_shape(notice: Notice, held: str | None) -> NoticeShape:
    """`held`: why it is not sent now."""
    return NoticeShape(
        channel=notice.channel,
        kind=notice.kind.value,
        state=notice.state.value,
        incident=str(notice.incident) if notice.incident else None,
        fault=notice.fault,
        subject=notice.subject,
        severity=notice.severity,
        text=notice.text,
        seen=notice.seen,
        ended=notice.ended,
        attempts=notice.attempts,
        why=held or notice.why,
        repeated=notice.repeated,
    )


def silence_shape(silence: Silence) -> SilenceShape:
    """One of them."""
    return SilenceShape(
        id=str(silence.id),
        fault=silence.fault,
        subject=silence.subject,
        until=silence.until,
        reason=silence.reason,
    )
