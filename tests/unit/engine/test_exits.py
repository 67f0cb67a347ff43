"""Which ends of a container count against it: those that nobody asked for, until it is started by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tarsd.engine.exits import KEPT, Exits
from tarsd.host.containers import Container
from tarsd.host.engine_events import Action, EngineEvent
from tests.unit.observe.containers import CONTAINER

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=timezone.utc)
NANO = int(NOW.timestamp()) * 10**9


def event(action: Action, second: float = 0.0, code: int | None = None) -> EngineEvent:
    at = NANO + int(second * 1e9)
    return EngineEvent(at, "container", action, CONTAINER.id, CONTAINER.service, code)


def container(**facts: Any) -> Container:
    started = NOW - timedelta(days=1)
    return replace(CONTAINER, started=started, finished=None, restarts=1, **facts)


@pytest.fixture
def exits() -> Exits:
    return Exits(lambda: NOW)


def test_a_crash_counts_and_is_known_before_anybody_has_looked(exits: Exits) -> None:
    exits.hear(event("die", code=139))
    (end,) = exits.recent(CONTAINER.service)
    assert (end.at, end.code) == (NOW, 139)
    assert exits.unseen(container()) == end
    exits.seen(container())
    assert exits.unseen(container()) is None
    assert exits.recent(CONTAINER.service) == (end,)


@pytest.mark.parametrize(("signal", "counts"), [(15, 0), (9, 0), (2, 0), (1, 1), (10, 1)])
def test_what_was_asked_to_end_did_as_it_was_told(exits: Exits, signal: int, counts: int) -> None:
    exits.hear(event("kill", code=signal))
    exits.hear(event("die", 1.0, code=143))
    assert len(exits.recent(CONTAINER.service)) == counts
    assert (exits.unseen(container()) is not None) == bool(counts)


def test_a_signal_is_forgotten_with_the_next_start(exits: Exits) -> None:
    for said in (event("kill", 0, 15), event("die", 1), event("start", 2), event("die", 3, 1)):
        exits.hear(said)
    assert [end.code for end in exits.recent(CONTAINER.service)] == [1]


def test_the_kernels_kill_is_known_before_anybody_has_looked(exits: Exits) -> None:
    """Or it would be a crash first, and want of memory the moment after: two incidents for one end."""
    for said in (event("oom"), event("die", 0.1, 137), event("start", 1), event("die", 5, 137)):
        exits.hear(said)
    assert [end.oom for end in exits.recent(CONTAINER.service)] == [True, False]


def test_one_that_survived_the_kernels_kill_and_ends_later_did_not_end_of_it(exits: Exits) -> None:
    exits.hear(event("oom"))
    exits.hear(event("die", 60, 1))
    assert [end.oom for end in exits.recent(CONTAINER.service)] == [False]


def test_an_end_before_this_start_is_none_of_it(exits: Exits) -> None:
    exits.hear(event("die", code=1))
    assert exits.unseen(replace(container(), started=NOW + timedelta(seconds=1))) is None


def test_ends_whose_events_were_not_heard_are_counted_by_the_engine(exits: Exits) -> None:
    before, now = container(), replace(container(), restarts=2, finished=NOW, exit_code=7)
    exits.compare({"redis": before}, {"redis": now})
    exits.compare({"redis": now}, {"redis": now})
    assert [end.code for end in exits.recent("redis")] == [7]


def test_heard_and_seen_it_is_one(exits: Exits) -> None:
    exits.hear(event("die", code=1))
    now = replace(container(), restarts=2, finished=NOW + timedelta(milliseconds=3), exit_code=1)
    exits.compare({"redis": container()}, {"redis": now})
    assert len(exits.recent("redis")) == 1


def test_a_start_by_hand_begins_anew(exits: Exits) -> None:
    for second in range(3):
        exits.hear(event("die", second, 1))
    exits.seen(replace(container(), restarts=0))
    assert exits.recent(CONTAINER.service) == ()


def test_old_ends_are_forgotten() -> None:
    now = NOW
    clock: Callable[[], datetime] = lambda: now  # noqa: E731  it is moved below
    exits = Exits(clock)
    exits.hear(event("die", code=1))
    now = NOW + KEPT + timedelta(seconds=1)
    assert exits.recent(CONTAINER.service) == ()


@pytest.mark.parametrize("shift", [timedelta(days=-365), timedelta(days=365)])
def test_ends_told_before_the_clock_was_set_make_no_crash_loop(shift: timedelta) -> None:
    clock = [NOW]
    exits = Exits(lambda: clock[0])
    for second in (0, 100, 200):
        exits.hear(event("die", second, code=1))
    clock[0] = NOW + timedelta(seconds=200)
    assert len(exits.recent(CONTAINER.service)) == 3
    clock[0] += shift
    assert exits.recent(CONTAINER.service) == ()
