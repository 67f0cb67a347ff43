"""Times as the product writes them: ISO 8601, UTC, milliseconds (docs/json.md)."""

import re
from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def iso(moment: datetime) -> str:
    """`2026-11-22T03:12:04.100Z`"""
    utc = moment.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def now() -> str:
    """The present moment as iso() writes it."""
    return iso(datetime.now(timezone.utc))


def iso_of(seconds: float) -> str:
    """Seconds since 1970, as iso() writes them."""
    return iso(datetime.fromtimestamp(seconds, timezone.utc))


def from_engine(text: str) -> datetime | None:
    """A time of the Engine (nanoseconds, any offset); None for its zero time, which means never, and for what is none."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if match is None or match[1].startswith("0001-"):
        return None
    micro = (match[2] or "0")[:6].ljust(6, "0")
    offset = "+00:00" if match[3] == "Z" else match[3]
    try:
        return datetime.fromisoformat(f"{match[1]}.{micro}{offset}")
    except ValueError:  # the thirteenth month
        return None


def moment(text: str) -> datetime:
    """A time as iso() writes it, or any other of ISO 8601; without an offset it is UTC. Raises ValueError."""
    # fromisoformat learns "Z" only in Python 3.11
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGO = re.compile(r"([0-9]{1,6})([smhd])")


def ago(text: str, present: datetime) -> datetime:
    """`24h` before the present, or a time as moment() takes it. Raises ValueError with words for a person."""
    match = _AGO.fullmatch(text)
    if match is not None:
        try:
            return present - timedelta(**{_UNITS[match[2]]: int(match[1])})
        except OverflowError:  # before the first of all days
            return datetime.min.replace(tzinfo=timezone.utc)
    try:
        return moment(text).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(
            "must be a time such as 2026-11-22T03:12:00Z, or how long ago, such as 24h"
        ) from None


def words(seconds: float) -> str:
    """A duration for a person: 9.4 s, 41 s, 3 min 12 s, 5 h 2 min, 12 d 4 h."""
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


def from_nanoseconds(nanoseconds: int) -> datetime:
    """A time as the Engine's events count it, since 1970."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def to_nanoseconds(moment: datetime) -> int:
    """The same back, to the microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
