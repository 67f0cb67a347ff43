"""One outage is one incident: what findings make of it, as memory, disk and journal tell it."""

from datetime import timedelta

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.engine.incident import IncidentStatus, Outcome
from tarsd.engine.incident_life import MOST_RETURNS
from tarsd.errors import IncidentOver, StateUnavailable
from tests.unit.engine.ward import Ward


async def test_a_fault_is_an_incident_until_it_passes(ward: Ward) -> None:
    changes = await ward.fails()
    (opened,) = changes.opened
    assert (opened.id, opened.fault, opened.subject) == (1, "service.hung", "redis")
    assert (opened.severity, opened.fix) == ("fail", "tarsctl logs redis")
    ward.later(9.4)
    changes = await ward.passes()
    (resolved,) = changes.resolved
    assert resolved.status is IncidentStatus.RESOLVED
    assert await ward.row() == resolved
    assert await ward.told() == ["seen: it hangs", "resolved: it answers"]
    assert ward.log.events() == ["incident.opened", "incident.resolved"]
    assert ward.incidents.last is not None
    assert ward.incidents.last.text == "redis: it hangs · well again after 9.4 s · incident 1"


async def test_the_same_finding_again_and_again_is_one_incident_and_one_write(ward: Ward) -> None:
    await ward.fails()
    for _ in range(100):
        ward.later(10)
        changes = await ward.fails()
        assert [it.id for it in changes.still] == [1]
        assert not changes.opened
    assert await ward.told() == ["seen: it hangs"]
    assert ward.log.events() == ["incident.opened"]


async def test_two_findings_of_one_fault_and_subject_are_one_and_the_worst_counts(
    ward: Ward,
) -> None:
    fail = Finding("service.hung", "redis", Status.FAIL, "it hangs")
    well = Finding("service.hung", "redis", Status.PASS, "it answers")
    for order in ([fail, well], [well, fail], [fail, fail]):
        await ward.incidents.take(order)
    assert await ward.rows() == ["1 redis open"]


@pytest.mark.parametrize("status", [Status.SKIP, Status.UNKNOWN])
async def test_what_could_not_be_asked_neither_opens_nor_resolves(
    ward: Ward, status: Status
) -> None:
    assert not (await ward.take(status)).opened
    await ward.fails()
    assert not (await ward.take(status)).resolved
    assert not (await ward.incidents.take([])).resolved
    assert await ward.rows() == ["1 redis open"]


async def test_a_warning_is_an_incident_only_for_a_check_that_asks_for_it(ward: Ward) -> None:
    await ward.take(Status.WARN)
    assert await ward.rows() == []
    await ward.take(Status.WARN, warns=True)
    assert (await ward.row()).severity == "warn"
    await ward.take(Status.FAIL, "now it is down", warns=True)
    assert (await ward.row()).severity == "fail"
    assert (await ward.take(Status.WARN)).resolved, "for any other check a warning passes"


async def test_other_words_are_noted_once_a_minute_and_other_figures_not_at_all(ward: Ward) -> None:
    await ward.fails("it has not answered for 5 s")
    ward.later(59)
    await ward.fails("it refuses connections")
    assert ward.incidents.unresolved[0].summary == "it refuses connections", "memory knows at once"
    assert await ward.told() == ["seen: it has not answered for 5 s"]
    ward.later(1)
    await ward.fails("it refuses connections")
    await ward.fails("it says LOADING")
    ward.later(60)
    await ward.fails("it refuses connections")
    assert await ward.told() == [
        "seen: it has not answered for 5 s",
        "seen: it refuses connections",
    ]
    assert (await ward.row()).summary == "it refuses connections"


async def test_figures_that_grow_leave_one_line(ward: Ward) -> None:
    for minute in range(60):
        await ward.fails(f"it has not answered for {minute}.5 s")
        ward.later(60)
    assert await ward.told() == ["seen: it has not answered for 0.5 s"]
    assert ward.incidents.unresolved[0].summary == "it has not answered for 59.5 s"


async def test_what_comes_back_within_ten_minutes_is_the_same_with_its_attempts(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.passes()
    ward.later(599)
    changes = await ward.fails("it hangs again")
    assert [(it.id, it.attempts, it.reopened) for it in changes.reopened] == [(1, 1, 1)]
    assert (await ward.told())[-1] == "reopened: it hangs again"
    await ward.passes()
    ward.later(601)
    changes = await ward.fails()
    assert [(it.id, it.attempts) for it in changes.opened] == [(2, 0)]
    assert ward.log.events().count("incident.reopened") == 1


async def test_a_clock_that_jumps_neither_loses_nor_doubles(ward: Ward) -> None:
    await ward.fails()
    for jump in (timedelta(days=-400), timedelta(days=4000)):
        ward.wall_shift = jump
        await ward.fails()
    ward.later(5)
    await ward.passes()
    assert await ward.rows() == ["1 redis resolved"]
    (repairs,) = await ward.ledger.repairs()
    assert repairs.median_seconds >= 0
    assert ward.log.entries[-1]["seconds"] == "5.0", "the journal has it from the other clock"


async def test_what_comes_and_goes_stays_open_until_it_was_well_for_ten_minutes(ward: Ward) -> None:
    for _ in range(MOST_RETURNS + 1):
        await ward.fails()
        ward.later(20)
        assert (await ward.passes()).resolved
        ward.later(20)
    await ward.fails()
    for _ in range(3):
        assert not (await ward.passes()).resolved
        ward.later(300)
        await ward.fails()
    assert (await ward.told())[-1] == (
        "verified: it passes, but came back 4 times within an hour: "
        "it stays open until it has passed for 10 min"
    )
    assert ward.log.events().count("incident.flapping") == 1
    await ward.passes()
    ward.later(599)
    assert not (await ward.passes()).resolved
    await ward.take(Status.UNKNOWN)
    ward.later(1)
    assert not (await ward.passes()).resolved, "what could not be asked was no calm"
    ward.later(600)
    assert (await ward.passes()).resolved
    assert await ward.rows() == ["1 redis resolved"]


async def test_what_flaps_and_passes_is_said_to_pass_and_warns_only(ward: Ward) -> None:
    for _ in range(MOST_RETURNS + 2):
        await ward.fails("it hangs")
        await ward.passes()
    before = await ward.told()
    (seen,) = ward.incidents.unresolved
    assert seen.severity == "warn"
    assert seen.summary.endswith(", but came back 4 times within an hour")
    assert "hangs" not in seen.summary
    await ward.fails("it hangs")
    (seen,) = ward.incidents.unresolved
    assert (seen.severity, seen.summary) == ("fail", "it hangs")
    assert await ward.told() == before, "what comes and goes does not fill its timeline"


async def test_a_new_daemon_knows_what_flaps(ward: Ward) -> None:
    for _ in range(MOST_RETURNS + 1):
        await ward.fails()
        ward.later(20)
        await ward.passes()
    await ward.fails()
    await ward.restart()
    assert not (await ward.passes()).resolved


async def test_a_new_daemon_goes_on_where_the_old_one_was(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.incidents.hold(incident, "restarted once, still hung", 1800)
    ward.later(100)
    await ward.restart()
    (found,) = ward.incidents.unresolved
    assert (found.status, found.attempts) == (IncidentStatus.HELD, 1)
    assert ward.incidents.waits(found) == pytest.approx(1700, abs=1)
    assert [it.id for it in (await ward.fails()).still] == [1]
    assert ward.log.events().count("incident.opened") == 1


async def test_an_act_that_was_cut_off_is_said_to_be(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    act = await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.incidents.load()
    assert [it.id for it in await ward.ledger.unfinished_acts()] == [act.id]
    await ward.restart()
    assert await ward.ledger.unfinished_acts() == []
    (ended,) = await ward.ledger.acts_since(ward.wall() - timedelta(hours=1))
    assert ended.outcome is Outcome.INTERRUPTED
    assert (await ward.told())[-1].startswith("did: restart: cut off when tarsd ended")


async def test_a_hold_survives_a_clock_that_was_put_back_a_year(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.hold(incident, "still hung", 1800)
    ward.wall_shift = timedelta(days=-365)
    await ward.restart()
    assert ward.incidents.waits(ward.incidents.unresolved[0]) <= 1800


async def test_the_course_of_a_repair(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.decided(incident, "restart redis: 0 of 6 acts this hour")
    await ward.incidents.saved(incident, "evidence (inspect, logs)", 0.2)
    act = await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.incidents.did(incident, act, Outcome.DONE, "restart redis", 4.8)
    await ward.incidents.verified(incident, "it still hangs", 2.0, again_in=10)
    assert ward.incidents.waits(incident) == 10
    assert (await ward.row()).next_try is not None
    ward.later(10)
    assert ward.incidents.waits(incident) == 0
    act = await ward.incidents.begin(incident, "recreate", "recreate redis", counts=True)
    assert (await ward.row()).next_try is None
    await ward.incidents.did(incident, act, Outcome.FAILED, "recreate redis: no such image", 1.0)
    await ward.incidents.hold(incident, "2 attempts, still hung", 1800)
    await ward.incidents.hold(incident, "2 attempts, still hung", 1800)
    assert (await ward.row()).status is IncidentStatus.HELD
    assert [line.partition(":")[0] for line in await ward.told()] == [
        "seen", "decided", "saved", "did", "verified", "did", "held",
    ]  # fmt: skip
    assert ward.log.events() == [
        "incident.opened", "act.started", "act.done", "act.started", "act.failed", "incident.held",
    ]  # fmt: skip
    await ward.passes()
    assert ward.incidents.last is not None
    assert ward.incidents.last.text == (
        "redis: it hangs · restart redis · well again after 10 s · incident 1"
    )


async def test_a_line_that_comes_after_the_end_is_kept_and_changes_nothing(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    act = await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.passes()
    await ward.incidents.did(incident, act, Outcome.DONE, "restart redis", 4.8)
    await ward.incidents.hold(incident, "still hung", 1800)
    await ward.incidents.verified(incident, "it answers", 0.1, again_in=10)
    assert await ward.rows() == ["1 redis resolved"]
    assert (await ward.told())[-2:] == ["did: restart redis", "verified: it answers"]
    with pytest.raises(IncidentOver, match="cannot restart redis: incident 1 is resolved"):
        await ward.incidents.begin(incident, "restart", "restart redis", counts=True)


async def test_nothing_is_done_that_could_not_be_recorded(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    ward.database.away = True
    with pytest.raises(StateUnavailable):
        await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    ward.database.away = False
    assert await ward.ledger.unfinished_acts() == []
    assert ward.incidents.unresolved[0].attempts == 0


async def test_an_incident_that_opens_on_a_full_disk_is_told_and_written_later(ward: Ward) -> None:
    ward.database.away = True
    (opened,) = (await ward.fails()).opened
    assert opened.id == 0
    assert ward.log.events() == ["incident.unrecorded", "incident.opened"]
    assert "an incident that is not recorded yet" in ward.log.entries[-1]["message"]
    with pytest.raises(StateUnavailable, match="cannot restart redis: what happened before it"):
        await ward.incidents.begin(opened, "restart", "restart redis", counts=True)
    await ward.passes()
    ward.later(20)
    await ward.fails("it hangs again")
    ward.database.away = False
    await ward.incidents.load()
    assert await ward.told() == [
        "seen: it hangs",
        "resolved: it answers",
        "reopened: it hangs again",
    ]
    assert ward.log.events().count("incident.unrecorded") == 1
    assert ward.log.events()[-1] == "incident.recorded"
    assert [it.id for it in ward.incidents.unresolved] == [1]


async def test_before_state_db_is_open_memory_goes_on_and_then_meets_it(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.hold(incident, "still hung", 1800)
    await ward.database.close()
    ward.begin()
    assert [it.id for it in (await ward.fails()).opened] == [0]
    assert "incident.opened" in ward.log.events()
    await ward.start()
    (found,) = ward.incidents.unresolved
    assert (found.id, found.status) == (1, IncidentStatus.HELD)
    assert ward.incidents.waits(found) > 1700
    assert await ward.rows() == ["1 redis held"]


async def test_an_older_copy_of_state_db_gets_back_what_it_does_not_know(ward: Ward) -> None:
    await ward.fails(subject="webui")
    await ward.database.keep_good_copy()
    await ward.passes(subject="webui")
    await ward.fails()
    ward.path.unlink()
    await ward.database.open()
    assert ward.database.trouble is not None
    await ward.fails()
    assert await ward.rows() == ["1 webui open", "2 redis open"]
    assert (await ward.told(2))[0].startswith("seen: the records of it were lost with state.db")
    await ward.passes(subject="webui")
    assert await ward.rows() == ["1 webui resolved", "2 redis open"]


async def test_foreign_text_does_no_harm(ward: Ward) -> None:
    summary = "half a pair \ud83d, a nul \0, " + "x" * 100_000
    await ward.fails(summary, subject="a\udcffb")
    await ward.fails(summary, subject="a\udcffb")
    (found,) = ward.incidents.unresolved
    assert len(found.summary) == 2000
    assert await ward.row() == found
    await ward.restart()
    assert (await ward.fails(summary, subject="a\udcffb")).still


async def test_what_nobody_asks_about_any_more_is_ended(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.end(incident, "redis is no longer part of the stack")
    assert await ward.rows() == ["1 redis resolved"]


async def test_a_late_word_does_not_bring_back_what_is_gone(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    act = await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.passes()
    await ward.database.call(lambda c: c.execute("DELETE FROM incident"))
    await ward.incidents.decided(incident, "restart redis")
    await ward.incidents.did(incident, act, Outcome.DONE, "restart redis", 1.0)
    assert await ward.rows() == []
    assert await ward.ledger.unfinished_acts() == []


async def test_a_late_word_on_what_was_never_recorded_is_dropped(ward: Ward) -> None:
    ward.database.away = True
    (incident,) = (await ward.fails()).opened
    await ward.passes()
    await ward.incidents.decided(incident, "restart redis")
    ward.database.away = False
    await ward.incidents.load()
    assert await ward.rows() == ["1 redis resolved"]
    assert await ward.told() == ["seen: it hangs", "resolved: it answers"]
