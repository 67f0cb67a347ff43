"""Alerts on the screen: channels, silences, the heartbeat, and what waits."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import align, plain, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tarsd.ctl.alert_shapes import Channel, Notice, Report
    from tarsd.ctl.console import Paint
    from tarsd.ctl.table import Cell

STYLES = {"ok": "good", "failing": "bad", "no-address": "bad", "unused": "warn"}
STATES = {"sent": "good", "parked": "bad", "waiting": "warn", "sending": "warn"}


def channel_lines(
    report: Report, now: str | None, width: int | None, paint: Paint
) -> Iterator[str]:
    """Everything there is to say of where alerts go."""
    channels = report.get("channels") or []
    if channels:
        yield from _table(channels, now, width, paint)
    for silence in report.get("silences") or []:
        what = muted(silence.get("fault"), silence.get("subject"))
        reason = f" ({silence.get('reason')})" if silence.get("reason") else ""
        until = human.clock(silence.get("until"), now)
        yield f"Silence {silence.get('id')}: {what} until {until}{reason}"
    yield from _heartbeat(report)
    if report.get("unwritten"):
        yield "state.db does not take the outbox: what waits would be lost with tarsd"


def muted(fault: str | None, subject: str | None) -> str:
    """What a silence is about; a star stands for all."""
    what = "every fault" if fault in (None, "*") else fault
    return what if subject in (None, "*") else f"{what} of {subject}"


def _table(
    channels: Sequence[Channel], now: str | None, width: int | None, paint: Paint
) -> Iterator[str]:
    titles = plain("CHANNEL", "STATE", "TELLS", "FAULTS", "LAST SENT", "WAITING")
    title, *lines = align([titles, *(_channel(it, now) for it in channels)], paint)
    yield title
    for channel, line in zip(channels, lines, strict=True):
        yield line
        if note := _note(channel):
            yield from (f"  {part}" for part in wrap(human.one_line(note), width, 2))


def notice_lines(
    notices: Sequence[Notice], now: str | None, width: int | None, paint: Paint
) -> Iterator[str]:
    """The table; below what is not sent stands why."""
    rows = [plain("SEEN", "CHANNEL", "STATE", "KIND", "INCIDENT", "SUBJECT", "SENT")]
    rows += [_notice(it, now) for it in notices]
    title, *lines = align(rows, paint)
    yield title
    for notice, line in zip(notices, lines, strict=True):
        yield line.rstrip()
        if notice.get("state") != "sent" and (why := notice.get("why")):
            yield from (f"  {part}" for part in wrap(human.one_line(why), width, 2))


def _channel(channel: Channel, now: str | None) -> list[Cell]:
    status = channel.get("status") or human.UNKNOWN
    faults = channel.get("faults") or []
    sent = channel.get("last_sent")
    return [
        (channel.get("name") or human.UNKNOWN, ""),
        (status, STYLES.get(status, "")),
        (f"{channel.get('severity')} and worse", ""),
        (" ".join(faults), ""),
        (human.clock(sent, now) if sent else "never", ""),
        (str(channel.get("waiting") or 0), ""),
    ]


def _note(channel: Channel) -> str | None:
    name = channel.get("name")
    if not channel.get("address"):
        return f"it has no address: sudo tarsctl alerts url {name}"
    parts: list[str] = []
    if channel.get("status") == "failing":
        parts.append(channel.get("message") or "it takes no messages")
    if parked := channel.get("parked"):
        parts.append(f"{human.counted(parked, 'notice')} parked: it takes them in no form")
    if quiet := channel.get("quiet"):
        parts.append(f"quiet {quiet}")
    return "; ".join(parts) or None


def _heartbeat(report: Report) -> Iterator[str]:
    beat = report.get("heartbeat") or {}
    minutes = beat.get("minutes")
    if not minutes:
        return
    if not beat.get("address"):
        yield "Heartbeat: it has no address: sudo tarsctl alerts url heartbeat"
    elif beat.get("withheld"):
        yield f"Heartbeat: withheld, for {beat.get('withheld')}"
    elif beat.get("message"):
        yield f"Heartbeat: {beat.get('message')}"
    else:
        yield f"Heartbeat: every {minutes} min"


def _notice(notice: Notice, now: str | None) -> list[Cell]:
    state, ended = notice.get("state") or human.UNKNOWN, notice.get("ended")
    sent = human.clock(ended, now) if ended and state == "sent" else ""
    return [
        (human.clock(notice.get("seen"), now), ""),
        (notice.get("channel") or human.UNKNOWN, ""),
        (state, STATES.get(state, "")),
        (notice.get("kind") or human.UNKNOWN, ""),
        (notice.get("incident") or "-", ""),
        (notice.get("subject") or human.UNKNOWN, ""),
        (sent, ""),
    ]
