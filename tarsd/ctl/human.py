"""Sizes, durations and times as a person reads them. None in, "-" out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
UNKNOWN = "-"


def size(count: float | None) -> str:
    """Bytes in the binary unit that leaves one to four digits: 11 MiB, 9.1 GiB, 2 GiB."""
    if count is None:
        return UNKNOWN
    value = float(count)
    unit = UNITS[0]
    for unit in UNITS:
        if abs(value) < 1023.5 or unit == UNITS[-1]:
            break
        value /= 1024
    number = f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"
    return f"{number} {unit}"


def duration(seconds: float | None) -> str:
    """The two leading units: 9.4 s, 41 s, 3 min 12 s, 5 h 2 min, 12 d 4 h."""
    if seconds is None:
        return UNKNOWN
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    for large, small, per_large, per_small in (
        ("d", "h", 86400, 3600),
        ("h", "min", 3600, 60),
        ("min", "s", 60, 1),
    ):
        if whole >= per_large:
            rest = whole % per_large // per_small
            return f"{whole // per_large} {large}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time of the API; None for null and for what is no time."""
    if not text:
        return None
    try:
        # fromisoformat learns "Z" only in Python 3.11
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def between(start: str | None, end: str | None) -> float | None:
    """Seconds from one time of the API to another, never negative; None if either is not known."""
    first, last = moment(start), moment(end)
    return max((last - first).total_seconds(), 0.0) if first and last else None


def clock(at: str | None, now: str | None) -> str:
    """A time on the owner's clock, as short as `now` allows: today 03:12, 21 Nov 03:12."""
    when, today = moment(at), moment(now)
    if when is None:
        return UNKNOWN
    when = when.astimezone()
    today = today.astimezone() if today else datetime.now(timezone.utc).astimezone()
    if when.date() == today.date():
        return f"today {when:%H:%M}"
    if when.date() == today.date() - timedelta(days=1):
        return f"yesterday {when:%H:%M}"
    return f"{when.day} {when:%b %H:%M}" if when.year == today.year else f"{when:%Y-%m-%d %H:%M}"


def second(at: str | None) -> str:
    """A time on the owner's clock to a tenth of a second: 03:12:04.1."""
    when = moment(at)
    return UNKNOWN if when is None else f"{when.astimezone():%H:%M:%S.%f}"[:10]


def day(at: str | None) -> str:
    """Its day on the owner's calendar: 21 Nov 2026."""
    when = moment(at)
    return UNKNOWN if when is None else f"{when.astimezone().day} {when.astimezone():%b %Y}"


def present() -> str:
    """The present moment, as the API writes times."""
    return datetime.now(timezone.utc).isoformat()


def utc(text: str) -> str | None:
    """A time of the owner's clock as the API takes it; None for what is no time."""
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return f"{when.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}Z"


def said(subject: str | None, text: str | None) -> str:
    """What is said of a subject: with its name before it, unless it begins with that."""
    if not subject or (text and text.startswith(subject)):
        return text or UNKNOWN
    return f"{subject}: {text or UNKNOWN}"


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 warning, 2 warnings."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def one_line(text: str) -> str:
    """Foreign text without what would move the cursor or break a line."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
