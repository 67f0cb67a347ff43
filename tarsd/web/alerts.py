"""Messages to the owner, on the status page: each channel, and the receipts of the newest."""

from collections.abc import Sequence
from datetime import datetime

from tarsd.engine.incident import said
from tarsd.observe.alert_shapes import ChannelShape, NoticeShape
from tarsd.web import charts
from tarsd.web.html import Child, Html, tag
from tarsd.web.words import counted, time

STATES = {"ok": "healthy", "failing": "unhealthy", "no-address": "unhealthy", "unused": "unknown"}

WORDS = {
    "ok": "takes messages",
    "failing": "takes no messages",
    "no-address": "has no address yet",
    "unused": "was not needed yet",
}

SHOWN = 6
"""Receipts; `tarsctl alerts outbox --all` has more."""


def section(
    channels: Sequence[ChannelShape], notices: Sequence[NoticeShape], now: datetime
) -> Child:
    """Nothing where there are no channels; `notices` are the newest, newest first."""
    if not channels:
        return None
    rows = [_notice(it, now) for it in notices[:SHOWN]]
    return tag(
        "section",
        tag("h2", "Messages to you", id="messages"),
        tag("ul", [_channel(it, now) for it in channels], class_="stories"),
        tag("ul", rows, class_="stories") if rows else None,
        aria_labelledby="messages",
    )


def _channel(it: ChannelShape, now: datetime) -> Html:
    word = STATES.get(it.status, "unknown")
    waits = f" · {counted(it.waiting, 'message')} waiting" if it.waiting else None
    last = [" · last ", time(it.last_sent, now)] if it.last_sent else None
    return tag(
        "li",
        tag(
            "p",
            charts.sign(word),
            f"{it.name} {WORDS.get(it.status, it.status)}",
            class_=f"state {word}",
        ),
        tag("p", it.kind, last, waits, class_="quiet"),
        tag("p", it.message, class_="hint") if it.status == "failing" else None,
    )


def _notice(it: NoticeShape, now: datetime) -> Html:
    end: Child = it.state
    if it.state == "sent" and it.ended:
        end = ["sent ", time(it.ended, now)]
    return tag(
        "li",
        tag("p", said(it.subject, it.text)),
        tag("p", f"{it.kind} ", time(it.seen, now), f" · {it.channel} · ", end, class_="quiet"),
    )
