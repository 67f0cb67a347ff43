"""Services whose container runs: what their answers, or none, make of them."""

from dataclasses import replace

import pytest

from tarsd.catalogue.check import Status
from tarsd.catalogue.views import Answers, EngineView
from tarsd.errors import Why
from tests.unit.service_views import PASSES, fails, fault, findings, settling, told, view, world

NO_PROBE = Answers(probed=False)
CONNECTS = replace(PASSES, level="live")


async def test_a_stopped_process_hangs_whatever_docker_says() -> None:
    found = await fault(view(answers=fails("silent"), container_health="healthy"))
    assert (found.id, found.status) == ("service.hung", Status.FAIL)
    assert found.summary == "hangs: it says silent"
    assert (await fault(view(answers=fails("silent"), container_health="unhealthy"))).id == (
        "service.hung"
    )


async def test_one_hangs_of_itself_where_the_engine_has_answered_since() -> None:
    """Else both may hang, which is the Engine's fault alone: whatever helps the one helps the other."""
    silent = view(answers=fails("silent", silent_since=100.0))
    for asked, status in ((99.9, Status.SKIP), (100.0, Status.FAIL)):
        engine = EngineView(answers=True, status="ok", asked=asked)
        found = await findings(replace(world(silent), engine=engine))
        assert {it.id: it.status for it in found}["service.hung"] is status


@pytest.mark.parametrize("why", ["refused", "closed", "sick", "foreign"])
async def test_one_that_does_not_do_its_work_is_unhealthy(why: Why) -> None:
    found = await fault(view(answers=fails(why)))
    assert (found.id, found.status, found.summary) == (
        "service.unhealthy",
        Status.FAIL,
        f"it says {why}",
    )


@pytest.mark.parametrize("why", ["refused", "closed", "sick", "silent", "denied"])
async def test_one_failure_is_none(why: Why) -> None:
    once = replace(PASSES, failures=1, why=why, reason="it says no")
    assert await settling(view(answers=once)) == "it says no"


async def test_how_many_failures_count_is_a_setting() -> None:
    often = replace(PASSES, failures=2, why="sick", reason="no")
    assert await told(view(answers=often), monitor={"probe_failures": 3}) == []
    assert (await fault(view(answers=fails("sick", 3)), monitor={"probe_failures": 3})).id == (
        "service.unhealthy"
    )


@pytest.mark.parametrize("why", ["refused", "closed", "silent", "sick", "denied", "foreign"])
async def test_while_it_starts_nothing_is_held_against_it(why: Why) -> None:
    """Nor is it well: a restart puts everything back to starting, which mends nothing."""
    starting = view(answers=fails(why, 20, passed=False), age=45.0)
    assert await settling(starting) == f"is starting, 15 s are left to it: it says {why}"
    assert [it.status for it in await told(replace(starting, age=61.0))] == [Status.FAIL]


async def test_labels_without_a_grace_leave_a_minute() -> None:
    starting = view(answers=fails("refused", 9, passed=False), age=59.0, service_start_grace=None)
    assert await told(starting) == []
    assert (await fault(replace(starting, age=61.0))).id == "service.unhealthy"


async def test_one_that_has_answered_once_has_no_grace_left() -> None:
    assert (await fault(view(answers=fails("silent"), age=30.0))).id == "service.hung"


async def test_a_wrong_password_is_never_mended_by_a_restart() -> None:
    found = await fault(view(answers=fails("denied")))
    assert (found.id, found.status) == ("service.denied", Status.FAIL)


async def test_what_has_never_been_it_is_not_restarted_either() -> None:
    """A web page where Chroma should be: an image or a label is wrong. One that once was right is ill."""
    assert (await fault(view(answers=fails("foreign", passed=False)))).id == "service.foreign"
    assert (await fault(view(answers=fails("foreign")))).id == "service.unhealthy"


async def test_a_database_that_recovers_is_waited_for() -> None:
    loading = replace(PASSES, ready=False, why="starting", reason="LOADING Redis is loading")
    found = await fault(view(answers=loading))
    assert (found.id, found.status) == ("redis.loading", Status.WARN)
    postgres = view("postgres", service_role="db", answers=replace(loading, reason="starting up"))
    assert (await fault(postgres)).id == "postgres.recovering"
    other = view("backend", service_role="api", answers=replace(loading, reason="not yet"))
    assert (await fault(other)).id == "service.slow-start"
    first = replace(loading, passed=False)
    assert "are left to it: LOADING" in await settling(view(answers=first, age=30.0))


async def test_a_redis_that_cannot_save_is_never_restarted() -> None:
    """What it holds is in its memory only."""
    misconf = fails("sick", reason="MISCONF Redis is configured to save RDB snapshots, but")
    found = await fault(view(answers=misconf))
    assert (found.id, found.status) == ("redis.misconf", Status.FAIL)
    assert (await fault(view(answers=fails("sick", reason="BUSY")))).id == "service.unhealthy"


async def test_what_our_side_cannot_ask_is_unknown() -> None:
    unasked = Answers(ready=None, why="unasked", reason="too many open files", passed=True)
    found = await findings(view(answers=unasked))
    faults = [it for it in found if it.subject == "redis" and it.status is not Status.PASS]
    assert faults
    assert {it.status for it in faults} == {Status.UNKNOWN}
    assert {it.summary for it in faults} == {"too many open files"}


async def test_what_has_not_been_asked_yet_is_unknown() -> None:
    assert {it.status for it in await told(view(answers=Answers()))} == {Status.UNKNOWN}


async def test_the_silence_of_all_at_once_is_the_machine_s() -> None:
    blame = "the machine is short of memory: 60 % of the last 10 s were waits for it"
    silent = replace(PASSES, why="silent", failures=1, blame=blame)
    (found,) = await told(world(view(answers=silent), view("postgres", answers=silent)))
    assert (found.id, found.subject, found.status) == ("machine.stalled", "machine", Status.FAIL)
    assert blame in found.summary
    assert await settling(view(answers=silent)) == blame


async def test_without_a_probe_docker_decides() -> None:
    ill = view(answers=NO_PROBE, container_health="unhealthy", container_health_output="a\n503")
    found = await fault(ill)
    assert (found.id, found.summary) == (
        "service.unhealthy",
        "Docker's health check fails: 503",
    )
    assert await told(view(answers=NO_PROBE)) == []
    assert await settling(view(answers=NO_PROBE, container_health="starting")) == (
        "has only just started"
    )


async def test_without_a_probe_and_a_health_check_it_must_have_run_for_a_while() -> None:
    quiet = view(answers=NO_PROBE, container_health="none", age=9.0)
    assert "is starting" in await settling(quiet)
    assert await told(replace(quiet, age=10.0)) == []


async def test_an_open_port_proves_less_than_docker_s_health_check() -> None:
    assert (await fault(view(answers=CONNECTS, container_health="unhealthy"))).id == (
        "service.unhealthy"
    )
    assert await told(view(answers=CONNECTS)) == []


@pytest.mark.parametrize(
    "output",
    [
        "/bin/sh: 1: curl: not found",
        "/bin/sh: curl: not found",
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "wget": '
        "executable file not found in $PATH: unknown",
        "bash: line 1: curl: command not found",
    ],
)
@pytest.mark.parametrize("answers", [PASSES, NO_PROBE, CONNECTS])
async def test_a_health_check_whose_command_is_not_there_says_nothing(
    output: str, answers: Answers
) -> None:
    ill = view(answers=answers, container_health="unhealthy", container_health_output=output)
    (found,) = await told(ill)
    assert (found.id, found.status) == ("service.false-unhealthy", Status.WARN)
    assert "cannot be run" in found.summary
    assert output.splitlines()[-1][:60] in found.summary


async def test_a_health_check_that_contradicts_the_service_s_own_answer_is_wrong() -> None:
    (found,) = await told(view(container_health="unhealthy", container_health_output="404"))
    assert (found.id, found.summary) == (
        "service.false-unhealthy",
        "Docker's health check fails, yet it answers: 404",
    )
