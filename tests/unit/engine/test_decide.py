"""When a fault is mended: at once, later, half-open, or never."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tarsd.catalogue.check import Answer, Check, Finding, Status, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.engine.decide import (
    BACKOFF,
    DAY,
    GRACE,
    HALF_OPEN,
    PER_HOUR,
    Case,
    Circumstances,
    Decision,
    Hold,
    Leave,
    Mend,
    Wait,
    decide,
    pause_after,
)
from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.settings import Heal
from tarsd.times import iso

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(days=3)


@dataclass(frozen=True)
class Try(Remedy):
    """A remedy as a test needs it."""

    id = "try"
    name: str = "restart redis"
    kind: Kind = Kind.AUTOMATIC  # type: ignore[misc]  of one object here, of a class elsewhere
    disturbs: bool = False  # type: ignore[misc]
    protects: bool = False  # type: ignore[misc]
    holds: bool = False  # type: ignore[misc]
    refuses: str | None = None
    suits: bool = True
    tries: int | None = None
    scarce: int | None = None  # type: ignore[misc]

    def fits(self, world: World, finding: Finding) -> bool:
        return self.suits

    def guard(self, world: World, finding: Finding) -> str | None:
        return self.refuses

    def words(self, finding: Finding) -> str:
        return self.name

    async def do(self, hands: Hands, finding: Finding) -> None:
        raise NotImplementedError


@dataclass
class Trouble:
    """A fault of redis and what is known around it; a test says what is special."""

    world: World
    remedies: Sequence[Remedy] = (Try(),)
    attempts: int = 0
    status: IncidentStatus = IncidentStatus.OPEN
    waits: float = 0.0
    awake_since: datetime = LONG_AGO
    acts: Sequence[datetime] = ()
    done: Sequence[tuple[str, datetime]] = ()

    def decide(self, **heal: Any) -> Decision:
        class Hung(Check):
            id = "service.hung"
            subject = "services"
            remedies = tuple(self.remedies)

            async def ask(self, world: World) -> Answer:
                return []

        finding = Finding("service.hung", "redis", Status.FAIL, "it does not answer")
        incident = Incident(
            id=1,
            fault=finding.id,
            subject=finding.subject,
            status=self.status,
            severity="fail",
            summary=finding.summary,
            fix=None,
            opened=iso(NOW),
            attempts=self.attempts,
        )
        case = Case(incident, Hung(), finding, self.world, 0.0, self.waits)
        return decide(
            case, Circumstances(NOW, Heal(**heal), self.awake_since, self.acts, self.done)
        )


@pytest.fixture
def case(world: World) -> Trouble:
    return Trouble(world)


def test_a_fault_is_mended_at_once(case: Trouble) -> None:
    decision = case.decide()
    assert decision == Mend(case.remedies[0], "restart redis: 1st try, 0 of 6 acts this hour")


def test_what_has_no_remedy_is_left(case: Trouble) -> None:
    assert isinstance(replace(case, remedies=()).decide(), Leave)


@pytest.mark.parametrize("kind", [Kind.CONFIRM, Kind.MANUAL])
def test_what_needs_the_owner_is_never_done_unattended(case: Trouble, kind: Kind) -> None:
    assert isinstance(replace(case, remedies=[Try(kind=kind)]).decide(), Leave)


@pytest.mark.parametrize(
    "heal",
    [
        {"mode": "off"},
        {"faults": {"service.hung": "off"}},
        {"services": {"redis": "off"}},
        {"mode": "suggest"},
        {"faults": {"service.hung": "suggest"}},
        {"services": {"redis": "suggest"}},
    ],
)
def test_the_strictest_word_of_the_owner_counts(case: Trouble, heal: dict[str, Any]) -> None:
    decision = case.decide(**heal)
    assert isinstance(decision, Leave)
    assert "restart redis" in decision.why, "it says what it would do"
    assert ("off" in decision.why) == ("off" in str(heal))


def test_another_fault_s_mode_is_not_its_own(case: Trouble) -> None:
    assert isinstance(case.decide(faults={"service.oom": "off"}, services={"ollama": "off"}), Mend)


def test_between_acts_it_waits_longer_and_longer() -> None:
    assert [pause_after(number) for number in range(1, 5)] == [10, 30, 90, 90]


def test_it_waits_until_its_next_try(case: Trouble) -> None:
    assert isinstance(replace(case, attempts=1, waits=9.0).decide(), Wait)
    assert isinstance(replace(case, attempts=1).decide(), Mend)


def test_after_the_last_act_it_is_held(case: Trouble) -> None:
    assert isinstance(replace(case, attempts=len(BACKOFF) - 1).decide(), Mend)
    decision = replace(case, attempts=len(BACKOFF)).decide()
    assert isinstance(decision, Hold)
    assert decision.again_in == HALF_OPEN


def test_a_held_one_is_tried_once_when_its_time_has_come(case: Trouble) -> None:
    held = replace(case, attempts=4, status=IncidentStatus.HELD)
    assert isinstance(replace(held, waits=1.0).decide(), Wait)
    assert isinstance(held.decide(), Mend)


def test_each_failure_brings_the_next_remedy(case: Trouble) -> None:
    both = replace(case, remedies=[Try("restart redis"), Try("recreate redis")])
    said = [replace(both, attempts=number).decide() for number in range(3)]
    assert [it.why.split(":")[0] for it in said] == ["restart redis"] + ["recreate redis"] * 2


def test_a_remedy_that_does_not_fit_is_no_remedy(case: Trouble) -> None:
    some = [Try("stop redis", suits=False), Try("start redis")]
    assert replace(case, remedies=some).decide().why.startswith("start redis")
    assert isinstance(replace(case, remedies=[Try(suits=False)]).decide(), Leave)


def test_a_guard_s_reason_is_the_reason(case: Trouble) -> None:
    refused = replace(case, remedies=[Try(refuses="waits for nas.absent")])
    assert refused.decide() == Wait("waits for nas.absent")


def test_after_a_boot_nothing_is_disturbed_and_everything_is_started(case: Trouble) -> None:
    fresh = replace(case, awake_since=NOW - GRACE + timedelta(seconds=1))
    assert isinstance(replace(fresh, remedies=[Try(disturbs=True)]).decide(), Wait)
    assert isinstance(fresh.decide(), Mend)
    old = replace(fresh, awake_since=NOW - GRACE, remedies=[Try(disturbs=True)])
    assert isinstance(old.decide(), Mend)


def test_a_machine_has_so_many_acts_an_hour(case: Trouble) -> None:
    acts = [NOW - timedelta(minutes=number) for number in range(PER_HOUR)]
    assert isinstance(replace(case, acts=acts[1:]).decide(), Mend)
    decision = replace(case, acts=acts).decide()
    assert isinstance(decision, Hold)
    assert decision.again_in == 3300, "until the oldest no longer counts"
    assert isinstance(replace(case, acts=acts, remedies=[Try(protects=True)]).decide(), Mend)


def test_what_ends_a_loop_waits_for_no_budget_and_no_hold(case: Trouble) -> None:
    acts = [NOW] * PER_HOUR
    loop = replace(
        case,
        acts=acts,
        remedies=[Try("stop redis", holds=True)],
        attempts=9,
        status=IncidentStatus.HELD,
        waits=HALF_OPEN,
    )
    assert isinstance(loop.decide(), Mend)


def test_a_clock_that_was_put_back_a_year_holds_nothing_up(case: Trouble) -> None:
    """Six acts are in the future from then on: they count for nothing, rather than for a year."""
    case = replace(case, acts=[NOW + timedelta(days=365)] * PER_HOUR)
    assert isinstance(case.decide(), Mend)


def test_a_clock_that_was_put_forward_holds_nothing_up(case: Trouble) -> None:
    case = replace(case, acts=[NOW - timedelta(days=365)] * (PER_HOUR - 1))
    assert isinstance(case.decide(), Mend)


def test_what_is_tried_once_is_held_for_a_day(case: Trouble) -> None:
    it = replace(case, remedies=[Try(tries=1)])
    assert isinstance(it.decide(), Mend)
    it = replace(it, attempts=1)
    held = it.decide()
    assert isinstance(held, Hold)
    assert held.again_in == DAY
    assert isinstance(replace(it, status=IncidentStatus.HELD).decide(), Mend), "a day later"


def test_of_several_each_has_its_tries(case: Trouble) -> None:
    it = replace(case, remedies=[Try("restart", tries=1), Try("recreate", tries=1)])
    chosen = [replace(it, attempts=count).decide() for count in range(3)]
    assert [isinstance(found, Mend) for found in chosen] == [True, True, False]
    assert "recreate" in chosen[1].why


def test_acts_of_a_scarce_kind_are_counted_whatever_they_were_for(case: Trouble) -> None:
    scarce = Try(scarce=2)
    half, quarter = NOW - timedelta(minutes=30), NOW - timedelta(minutes=15)
    it = replace(case, remedies=[scarce], done=[("try", half), ("service.start", quarter)])
    assert isinstance(it.decide(), Mend)
    it = replace(it, done=[("try.restart", half), ("try.recreate", quarter)])
    held = it.decide()
    assert isinstance(held, Hold)
    assert held.again_in == 1800
