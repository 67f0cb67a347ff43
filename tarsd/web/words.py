"""Times and sizes as the page shows them: on the machine's own clock, each also as a program reads it."""

from datetime import datetime, timedelta, timezone

from tarsd import times
from tarsd.web.html import Html, tag

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(count: float | None) -> str:
    """Bytes in the binary unit that leaves one to four digits, as tarsctl shows them; None is a dash."""
    if count is None:
        return "-"
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 1023.5 or unit == _UNITS[-1]:
            break
        value /= 1024
    number = f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"
    return f"{number} {unit}"


def percent(ratio: float) -> str:
    """A share: 44 %; what is nearly all is never said to be all."""
    if 0.999 <= ratio < 1:
        return "99.9 %"
    return f"{ratio * 100:.1f} %" if ratio > 0.95 and ratio < 1 else f"{ratio * 100:.0f} %"


def clock(at: datetime, now: datetime) -> str:
    """As short as `now` allows: 03:12, yesterday 03:12, 21 Nov 03:12."""
    when, today = at.astimezone(), now.astimezone()
    if when.date() == today.date():
        return f"{when:%H:%M}"
    if when.date() == today.date() - timedelta(days=1):
        return f"yesterday {when:%H:%M}"
    return f"{when.day} {when:%b %H:%M}" if when.year == today.year else f"{when:%Y-%m-%d %H:%M}"


def time(at: str | float, now: datetime) -> Html:
    """A time element, of ISO 8601 or seconds since 1970."""
    when = times.moment(at) if isinstance(at, str) else datetime.fromtimestamp(at, timezone.utc)
    return tag("time", clock(when, now), datetime=times.iso(when))


def lasting(at: str, now: datetime) -> str:
    """How long ago, in the two leading units."""
    return times.words(max((now - times.moment(at)).total_seconds(), 0.0))


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 warning, 2 warnings."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
