"""One outage is one fault: what fails for want of another waits for it."""

from collections.abc import Sequence

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.views import ServiceView, Wanted
from tarsd.engine.causes import RECOVERY, Causes, Reader
from tests.unit.service_views import view


def stack(stopped: Sequence[str] = (), **after: str) -> list[ServiceView]:
    """Services and what each needs, spaces between."""

    def wanted(name: str) -> Wanted:
        return "stopped" if name in stopped else "running"

    names = {*after, *(it for needs in after.values() for it in needs.split())}
    return [
        view(it, wanted=wanted(it), service_after=frozenset(after.get(it, "").split()))
        for it in sorted(names)
    ]


def ill(name: str, fault: str = "service.unhealthy", status: Status = Status.FAIL) -> Finding:
    return Finding(fault, name, status, "it says no", f"tarsctl logs {name}")


WEB = stack(webui="postgres redis")


def judged(
    findings: Sequence[Finding], services: Sequence[ServiceView], at: float = 0.0
) -> dict[str, str]:
    """What is told of each service that had a finding."""
    found = Causes().judge(findings, services, at)
    return {it.subject: it.summary if it.status is Status.SKIP else it.status.value for it in found}


def test_without_the_database_the_web_page_waits() -> None:
    found = judged([ill("postgres", "service.hung"), ill("webui")], WEB)
    assert found == {"postgres": "fail", "webui": "waits for postgres"}


def test_a_fault_of_one_that_needs_nobody_who_fails_is_its_own() -> None:
    assert judged([ill("webui")], WEB) == {"webui": "fail"}
    assert judged([ill("postgres"), ill("redis")], WEB) == {"postgres": "fail", "redis": "fail"}


def test_a_warning_of_a_database_that_docker_starts_again_is_reason_enough() -> None:
    crash = ill("postgres", "service.exited", Status.WARN)
    assert judged([crash, ill("webui")], WEB)["webui"] == "waits for postgres"


def test_a_database_whose_stop_is_not_judged_yet_is_reason_enough() -> None:
    """Both were killed at once: for two seconds nobody knows whether the database was stopped by its owner."""
    killed = view("postgres", container_state="exited", busy="it is known in a moment")
    web = view("webui", service_after=frozenset({"postgres"}))
    assert judged([ill("webui", "service.exited")], [killed, web]) == {
        "webui": "waits for postgres"
    }


def test_what_is_beside_any_fault_explains_nothing_and_is_not_explained() -> None:
    aside = ill("postgres", "service.probe-labels", Status.WARN)
    drift = ill("webui", "stack.drift", Status.WARN)
    assert judged([aside, ill("webui")], WEB)["webui"] == "fail"
    assert judged([ill("postgres"), drift], WEB)["webui"] == "warn"


def test_the_cause_of_a_cause_is_named() -> None:
    chain = stack(webui="chromadb", chromadb="ollama")
    found = judged([ill("webui"), ill("chromadb"), ill("ollama")], chain)
    assert found == {
        "webui": "waits for ollama",
        "chromadb": "waits for ollama",
        "ollama": "fail",
    }
    assert judged([ill("webui"), ill("ollama")], chain)["webui"] == "waits for ollama"


def test_of_services_that_need_each_other_none_explains_the_other() -> None:
    """Else both would wait for ever, and nobody would be told."""
    ring = stack(webui="chromadb", chromadb="webui redis")
    assert judged([ill("webui"), ill("chromadb")], ring) == {"webui": "fail", "chromadb": "fail"}
    found = judged([ill("webui"), ill("chromadb"), ill("redis")], ring)
    assert found == {"redis": "fail", "webui": "waits for redis", "chromadb": "waits for redis"}
    itself = stack(redis="redis")
    assert judged([ill("redis")], itself) == {"redis": "fail"}


def test_a_service_that_is_not_there_is_no_cause() -> None:
    lone = [view("webui", service_after=frozenset({"mongodb"}))]
    assert judged([ill("webui")], lone) == {"webui": "fail"}


def test_a_database_that_its_owner_stopped_explains_as_well() -> None:
    found = judged([ill("webui")], stack(["postgres"], webui="postgres"))
    assert found == {"webui": "waits for postgres"}


@pytest.mark.parametrize(
    "fault",
    ["service.missing", "image.missing", "network.missing", "service.not-started", "service.oom",
     "service.denied", "service.paused", "docker.killed-left-exited"],
)  # fmt: skip
def test_what_is_plainly_its_own_stays(fault: str) -> None:
    assert judged([ill("postgres"), ill("webui", fault)], WEB)["webui"] == "fail"


@pytest.mark.parametrize(
    "fault",
    ["service.exited", "service.crash-loop", "service.hung", "service.unhealthy",
     "service.slow-start"],
)  # fmt: skip
def test_what_a_lost_database_does_to_others_waits(fault: str) -> None:
    """Open WebUI ends at its start while Chroma is down: that loop is not of its making."""
    found = judged([ill("postgres"), ill("webui", fault)], WEB)
    assert found["webui"] == "waits for postgres"


def test_once_its_cause_is_gone_it_gets_its_time_to_come_back() -> None:
    causes = Causes()
    causes.judge([ill("postgres"), ill("webui")], WEB, 100.0)
    (waits,) = causes.judge([ill("webui")], WEB, 100.0 + RECOVERY - 1)
    assert (waits.status, waits.summary, waits.fix) == (Status.SKIP, "waits for postgres", None)
    (own,) = causes.judge([ill("webui")], WEB, 100.0 + RECOVERY)
    assert own.status is Status.FAIL


def test_what_passes_or_is_unknown_stays_as_it_is() -> None:
    fine = [ill("webui", status=it) for it in (Status.PASS, Status.UNKNOWN, Status.SKIP)]
    assert Causes().judge([*fine, ill("postgres")], WEB, 0.0) == [*fine, ill("postgres")]


def down(name: str = "webui", *, cannot_start: bool = False) -> list[Reader]:
    return [Reader(name, "nas.down", cannot_start)]


@pytest.mark.parametrize(
    ("fault", "mounted", "absent"),
    [
        ("service.hung", "waits for nas.down", "waits for nas.down"),
        ("service.unhealthy", "waits for nas.down", "waits for nas.down"),
        ("service.exited", "fail", "waits for nas.down"),
        ("service.crash-loop", "fail", "waits for nas.down"),
        ("service.oom", "fail", "fail"),
        ("service.denied", "fail", "fail"),
    ],
)
def test_a_nas_that_is_down_explains_who_reads_it(fault: str, mounted: str, absent: str) -> None:
    """Who hangs on it, and, where nothing is mounted, who cannot be started; never what is plainly its own."""
    for cannot_start, expected in ((False, mounted), (True, absent)):
        readers = down(cannot_start=cannot_start)
        (found,) = Causes().judge([ill("webui", fault)], WEB, 0.0, readers)
        said = found.summary if found.status is Status.SKIP else found.status.value
        assert said == expected
    (other,) = Causes().judge([ill("redis", "service.hung")], WEB, 0.0, down())
    assert other.status is Status.FAIL, "it does not read the NAS"


def test_who_waited_for_the_nas_gets_time_to_come_back() -> None:
    causes = Causes()
    causes.judge([ill("webui", "service.hung")], WEB, 100.0, down())
    (waits,) = causes.judge([ill("webui", "service.hung")], WEB, 100.0 + RECOVERY - 1)
    assert waits.status is Status.SKIP
    (own,) = causes.judge([ill("webui", "service.hung")], WEB, 100.0 + RECOVERY)
    assert own.status is Status.FAIL


DEEP = frozenset({"redis.deep"})


def test_what_a_hung_service_was_given_to_do_tells_nothing_new() -> None:
    """It was begun before the probes knew, and its answer comes when the service is up again."""
    causes, deep = Causes(deep=DEEP), ill("redis", "redis.deep")
    causes.judge([ill("redis", "service.hung")], WEB, 0.0)
    [late] = causes.judge([deep], WEB, RECOVERY - 1)
    assert (late.status, late.summary) == (Status.SKIP, "waits for service.hung")


def test_what_a_service_that_is_well_cannot_do_is_a_fault() -> None:
    causes, deep = Causes(deep=DEEP), ill("redis", "redis.deep")
    causes.judge([ill("redis", "service.hung")], WEB, 0.0)
    assert causes.judge([deep], WEB, RECOVERY) == [deep]
    causes.judge([ill("postgres", "service.hung")], WEB, RECOVERY)
    assert causes.judge([deep], WEB, RECOVERY) == [deep], "another's fault explains nothing"
