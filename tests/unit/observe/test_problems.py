"""What needs the owner is told once: as its incident where there is one."""

from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.observe.model import IncidentBrief, IncidentsStatus, Problem
from tarsd.observe.problems import merged
from tests.unit.observe.containers import row


def brief(fault: str = "service.hung", subject: str = "redis", **facts: Any) -> IncidentBrief:
    known: dict[str, Any] = {
        "id": "32", "fault": fault, "subject": subject, "status": "open", "severity": "fail",
        "summary": "hangs: no answer within 5 s", "fix": "tarsctl logs redis",
        "opened": "2026-11-22T03:00:00.000Z", "next_try": None, "acknowledged": None,
    }  # fmt: skip
    return IncidentBrief(**{**known, **facts})


def incidents(*unresolved: IncidentBrief) -> IncidentsStatus:
    return IncidentsStatus(open=list(unresolved), held=0, last=None)


HANGS = row("running", fault=Finding("service.hung", "redis", Status.FAIL, "hangs"))
WELL = row("running", "healthy")
DOWN = Problem(id="docker.down", subject="docker", message="nobody answers", fix="restart it")
CONFIG = Problem(id="config.invalid", subject="settings", message="x", fix="y")


def test_a_sick_service_with_an_incident_is_one_problem() -> None:
    (found,) = merged(None, [], [HANGS], incidents(brief()))
    assert found == Problem(
        id="service.hung",
        subject="redis",
        message="hangs: no answer within 5 s",
        fix="tarsctl logs redis",
        incident="32",
    )


def test_a_held_one_says_so_and_where_to_read_on() -> None:
    (found,) = merged(None, [], [HANGS], incidents(brief(status="held")))
    assert found.message.endswith("; held: what was tried did not mend it")
    assert found.fix == "tarsctl incidents show 32"


def test_one_that_the_disk_has_not_taken_yet_has_no_number() -> None:
    (found,) = merged(None, [], [], incidents(brief(id=None, fix=None)))
    assert (found.fix, found.incident) == ("tarsctl incidents", None)


def test_a_sick_service_without_an_incident_is_told_all_the_same() -> None:
    """The ledger could not be read yet, or the monitor has not come round to it."""
    for known in (None, incidents()):
        (found,) = merged(None, [], [HANGS], known)
        assert (found.id, found.subject) == ("service.unhealthy", "redis")


def test_a_warning_of_what_works_is_no_problem() -> None:
    drift = brief("stack.drift", severity="warn")
    assert merged(None, [], [WELL], incidents(drift)) == []


def test_a_warning_of_what_does_not_work_is_one() -> None:
    """Docker is starting it again."""
    exited = brief("service.exited", severity="warn", summary="ended with status 1")
    (found,) = merged(None, [], [row("restarting", exit_code=1)], incidents(exited))
    assert (found.id, found.incident) == ("service.exited", "32")


def test_an_engine_that_is_down_is_told_once_and_first() -> None:
    found = merged(DOWN, [CONFIG], [], incidents())
    assert [it.id for it in found] == ["docker.down", "config.invalid"]
    found = merged(DOWN, [CONFIG], [], incidents(brief("docker.down", "docker")))
    assert sorted(it.id for it in found) == ["config.invalid", "docker.down"]


def test_what_the_owner_stopped_is_none() -> None:
    assert merged(None, [], [row("exited", wanted="stopped")], incidents()) == []


def test_a_service_that_waits_for_the_machine_is_told_by_its_cause() -> None:
    held = incidents(brief(fault="port.taken", subject="port 6379"))
    ended = HANGS.model_copy(update={"state": "created"})
    (found,) = merged(None, [], [ended], held, lambda _: "port.taken")
    assert found.subject == "port 6379"
    assert len(merged(None, [], [ended], None, lambda _: "port.taken")) == 1, "but it is told"


def test_what_needs_a_service_that_its_owner_stopped_says_so() -> None:
    """Its log, and a restart, would tell nothing."""
    sick = {"name": "webui", "health": "unhealthy", "message": "/ready answers HTTP 503"}
    webui = WELL.model_copy(update=sick)
    redis = row("exited", wanted="stopped")
    needs = {"webui": {"redis", "postgres"}}
    (found,) = merged(None, [], [webui, redis], None, after=needs)
    assert found.message == "/ready answers HTTP 503; it needs redis, which its owner has stopped"
    assert found.fix == "tarsctl start redis"
    (found,) = merged(None, [], [webui, row("running", "healthy")], None, after=needs)
    assert (found.message, found.fix) == ("/ready answers HTTP 503", "tarsctl logs webui")
