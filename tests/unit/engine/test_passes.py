"""A pass is believed of one start of one container, and no longer than until Docker has asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tarsd.engine.passes import Passes
from tests.unit.observe.containers import CONTAINER, STARTED

STARTING = replace(CONTAINER, health="starting")
PASSED = STARTED + timedelta(seconds=3)


@pytest.fixture
def passes() -> Passes:
    made = Passes(lambda: PASSED)
    made.note(STARTING)
    return made


def test_before_docker_asks_it_is_the_newest_that_is_known(passes: Passes) -> None:
    assert passes.outweighs_docker(STARTING)
    earlier = replace(STARTING, health_asked=PASSED - timedelta(seconds=1))
    assert passes.outweighs_docker(earlier)


def test_once_docker_has_asked_since_and_got_no_good_answer_it_is_not(passes: Passes) -> None:
    asked = replace(STARTING, health_asked=PASSED + timedelta(seconds=1))
    assert not passes.outweighs_docker(asked)


@pytest.mark.parametrize("health", ["unhealthy", "healthy", "none"])
def test_dockers_verdict_stands(passes: Passes, health: str) -> None:
    assert not passes.outweighs_docker(replace(STARTING, health=health))


@pytest.mark.parametrize(
    "other",
    [
        replace(STARTING, id="another"),
        replace(STARTING, started=STARTED + timedelta(seconds=1)),
        replace(STARTING, started=None),
        replace(STARTING, state="restarting"),
        replace(STARTING, service="postgres"),
    ],
)
def test_it_is_of_this_start_of_this_container_only(passes: Passes, other: object) -> None:
    assert isinstance(other, type(STARTING))
    assert not passes.answered(other)
    assert not passes.outweighs_docker(other)


@pytest.mark.parametrize(("seconds", "just"), [(0, True), (5, True), (6, False), (-60, False)])
def test_for_a_few_seconds_it_is_of_just_now(seconds: float, just: bool) -> None:
    """A clock that was put back makes no pass newer."""
    now = [PASSED]
    passes = Passes(lambda: now[0])
    passes.note(STARTING)
    now[0] += timedelta(seconds=seconds)
    assert passes.just_answered(STARTING) is just
    assert not passes.just_answered(replace(STARTING, started=PASSED))
