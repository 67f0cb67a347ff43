"""Health: our own probe where there is one, Docker otherwise, and never `healthy` while the monitor sees a fault."""

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.observe.health import Word, answers, health, why_unhealthy
from tests.unit.service_views import PASSES, fails, told, view, world

LIVE = Answers(ready=True, passed=True, latency=0.001, at=PASSES.at, level="live")
YOUNG = {"age": 5.0}


def word(seen: ServiceView, fault: Finding | None = None, *, answered: bool = False) -> Word:
    return Word(seen, fault, 2, answered=answered)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (view(), "healthy"),
        (view(container_health="unhealthy"), "healthy"),  # its health check is broken, it answers
        (view(container_health="none"), "healthy"),
        (view(answers=fails("silent")), "unhealthy"),  # whatever Docker says
        (view(answers=fails("silent", passed=False), **YOUNG), "starting"),
        (view(answers=fails("silent", 1, passed=False)), "starting"),
        (view(answers=fails("starting", 0)), "starting"),
        (view(answers=Answers()), "healthy"),  # not asked yet: Docker's word
        (view(answers=Answers(), container_health="unhealthy"), "unhealthy"),
        (view(answers=Answers(why="unasked", reason="?"), container_health="none"), "none"),
        (view(answers=Answers(probed=False), container_health="unhealthy"), "unhealthy"),
        (view(answers=Answers(problem="no such port"), container_health="starting"), "starting"),
        (view(answers=LIVE), "healthy"),
        (view(answers=LIVE, container_health="unhealthy"), "unhealthy"),  # an open port is no proof
        (view(answers=LIVE, container_health="starting"), "starting"),
        (view(container_state="exited", container_health="none"), "none"),
        (view(container=None), "none"),
    ],
)
def test_who_is_believed(seen: ServiceView, expected: str) -> None:
    assert health(word(seen)) == expected


def test_one_failure_is_none_yet() -> None:
    once = fails("silent", 1, ready=True, latency=0.001, at=PASSES.at, level=None)
    seen = view(answers=once)
    assert health(word(seen)) == "healthy"
    shown = answers(seen)
    assert shown is not None
    assert (shown.level, shown.latency_ms, shown.message) == (None, None, "it says silent")


@pytest.mark.parametrize(
    "seen",
    [
        view(answers=fails("silent")),
        view(answers=fails("refused")),
        view(answers=fails("denied")),
        view(answers=fails("foreign", passed=False)),
        view(answers=fails("starting", 0)),
        view(answers=Answers(probed=False), container_health="unhealthy"),
        view(answers=LIVE, container_health="unhealthy", container_health_output="ill"),
        view(container_state="paused"),
    ],
)
async def test_what_fails_a_check_is_never_healthy(seen: ServiceView) -> None:
    """One truth with the monitor: with its finding, and without it, as before its next look."""
    ids = {check.id for check in FAULTS}
    (found,) = [it for it in await told(world(seen)) if it.id in ids]
    runs = seen.container is not None and seen.container.state == "running"
    for fault in (found, None):
        assert (health(word(seen, fault)) != "healthy") or not runs


def test_a_fault_that_docker_is_mending_is_a_start() -> None:
    ended = Finding("service.exited", "redis", Status.WARN, "ended with status 1; it runs again")
    assert health(word(view(answers=Answers()), ended)) == "starting"


def test_what_has_answered_us_waits_for_no_health_check_of_dockers() -> None:
    seen = view(answers=Answers(), container_health="starting")
    assert health(word(seen, answered=True)) == "healthy"


def test_a_start_that_has_just_passed_its_gate_is_well() -> None:
    """Our own prober, which asks each second, was refused a moment before."""
    seen = view(answers=fails("refused", 3, passed=False), **YOUNG)
    assert health(Word(seen, just=True)) == "healthy"
    assert health(Word(seen)) == "starting"
    was_well = view(answers=fails("silent"))
    assert health(Word(was_well, just=True)) == "unhealthy"


@pytest.mark.parametrize(
    ("seen", "fault", "why"),
    [
        (view(), Finding("service.hung", "redis", Status.FAIL, "hangs: x"), "hangs: x"),
        (view(answers=fails("sick")), None, "it says sick"),
        (view(container_health="unhealthy", container_health_output="a\nNOAUTH"), None, "NOAUTH"),
        (view(container_health_output=""), None, None),
    ],
)
def test_the_reason(seen: ServiceView, fault: Finding | None, why: str | None) -> None:
    assert why_unhealthy(word(seen, fault)) == why


def test_what_was_answered() -> None:
    shown = answers(view())
    assert shown is not None
    assert shown.model_dump() == {
        "level": "ready",
        "latency_ms": 1.0,
        "at": "2026-11-22T03:00:00.000Z",
        "message": None,
    }


@pytest.mark.parametrize(
    "seen",
    [
        view(container=None),
        view(container_state="exited"),
        view(answers=Answers()),
        view(answers=Answers(probed=False)),
        view(answers=Answers(problem="no such port")),
    ],
)
def test_nothing_was_answered(seen: ServiceView) -> None:
    assert answers(seen) is None
