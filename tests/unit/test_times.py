"""Times, from the Engine's nanoseconds and offsets to UTC with milliseconds."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.times import from_engine, from_nanoseconds, iso, now, to_nanoseconds

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T03:12:04.123456789Z", datetime(2026, 11, 22, 3, 12, 4, 123456, UTC)),
        ("2026-11-22T03:12:04Z", datetime(2026, 11, 22, 3, 12, 4, 0, UTC)),
        ("2026-11-22T03:12:04.1Z", datetime(2026, 11, 22, 3, 12, 4, 100000, UTC)),
        ("2026-11-22T05:12:04.5+02:00", datetime(2026, 11, 22, 3, 12, 4, 500000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        ("2026-11-22", None),
    ],
)
def test_a_time_of_the_engine(text: str, moment: datetime | None) -> None:
    assert from_engine(text) == moment


@pytest.mark.parametrize("text", ["2026-13-22T03:12:04Z", "2026-11-22T25:12:04Z"])
def test_a_time_that_there_is_not_means_never_too(text: str) -> None:
    assert from_engine(text) is None


def test_iso_is_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 22, 4, 12, 4, 100_999, berlin)
    assert iso(moment) == "2026-11-22T03:12:04.100Z"


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001  the strategy adds the zone
def test_what_iso_writes_sorts_as_the_moments_do(moment: datetime) -> None:
    later = max(moment, moment + timedelta(days=365)) if moment.year < 9998 else moment
    assert iso(moment) <= iso(later)
    assert from_engine(iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_now_is_written_so() -> None:
    assert from_engine(now()) is not None


def test_nanoseconds_of_the_engine_there_and_back() -> None:
    moment = from_nanoseconds(1795577653152458350)
    assert iso(moment) == "2026-11-25T03:34:13.152Z"
    assert to_nanoseconds(moment) == 1795577653152458000
