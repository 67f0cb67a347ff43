"""Messages to the owner on the status page."""

from datetime import datetime, timezone

from tarsd.alerts.notice import Kind, Notice, State
from tarsd.observe.alert_shapes import ChannelShape, NoticeShape, notice_shape
from tarsd.web.alerts import section
from tarsd.web.html import text

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=timezone.utc)


def channel(status: str, message: str | None = None, waiting: int = 0) -> ChannelShape:
    return ChannelShape(
        name="phone",
        kind="apprise",
        severity="warn",
        faults=["*"],
        address=True,
        status=status,
        message=message,
        failing_since=None,
        last_sent=None,
        waiting=waiting,
        parked=0,
        quiet=None,
    )


def notice(state: State, words: str = "it hangs") -> NoticeShape:
    at = "2026-11-22T03:12:00.000Z"
    made = Notice("b", 0, Kind.OPENED, "phone", 1, "service.hung", "redis", "fail", words, None, at,
                  state=state, ended="2026-11-22T03:26:00.000Z")  # fmt: skip
    return notice_shape(made, None)


def test_nothing_is_said_without_channels() -> None:
    assert section([], [], NOW) is None


def test_a_channel_that_fails_says_why_and_what_waits() -> None:
    shown = text(section([channel("failing", "it answers HTTP 500", 2)], [], NOW))
    assert "phone takes no messages" in shown
    assert "it answers HTTP 500" in shown
    assert "2 messages waiting" in shown


def test_receipts_say_when_it_was_seen_and_sent() -> None:
    shown = text(section([channel("ok")], [notice(State.SENT), notice(State.PARKED)], NOW))
    assert 'datetime="2026-11-22T03:12:00.000Z"' in shown
    assert 'datetime="2026-11-22T03:26:00.000Z"' in shown
    assert "parked" in shown


def test_what_others_said_is_escaped() -> None:
    shown = text(section([channel("ok")], [notice(State.SENT, "<script>alert(1)</script>")], NOW))
    assert "<script>" not in shown
