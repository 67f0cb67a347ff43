"""One outage is one fault: what fails for want of another waits for it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.views import EngineView, ServiceView, Wanted
from tarsd.engine.causes import RECOVERY, Causes
from tests.unit.service_views import view, world


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


ROOT = "/var/lib/docker"


def on_disk(fault: str, subject: str = ROOT, status: Status = Status.FAIL) -> World:
    """The monitor knows this of a disk; Docker's directory is on ROOT."""
    known = [Finding(fault, subject, status, "it takes no writes")]
    engine = EngineView(answers=True, status="ok", docker_root=ROOT)
    return replace(world(), known=known, engine=engine)


@pytest.mark.parametrize("fault", ["disk.full", "fs.read-only", "disk.dying"])
def test_a_disk_that_takes_no_writes_explains_whatever_fails_on_it(fault: str) -> None:
    engine = Finding("docker.down", "docker", Status.FAIL, "nobody takes its connections")
    ills = [ill("postgres", "service.crash-loop"), ill("redis", "service.missing"), engine]
    found = Causes().judge(ills, WEB, 0.0, on_disk(fault))
    assert [it.status for it in found] == [Status.SKIP] * 3
    assert {it.summary for it in found} == {f"waits for {fault} of {ROOT}"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        on_disk("disk.full", "/var/lib/tars-home"),
        on_disk("disk.full", status=Status.PASS),
        on_disk("disk.dying", status=Status.WARN),
        on_disk("disk.low"),
        replace(on_disk("disk.full"), engine=None),
    ],
    ids=["another disk", "well again", "a first sign", "room is left", "nobody knows where"],
)
def test_a_disk_that_services_can_write_to_explains_nothing(elsewhere: World) -> None:
    (found,) = Causes().judge([ill("redis")], WEB, 0.0, elsewhere)
    assert found.status is Status.FAIL


def test_once_the_disk_is_well_all_get_their_time_to_come_back() -> None:
    causes = Causes()
    causes.judge([ill("redis")], WEB, 100.0, on_disk("disk.full"))
    well = on_disk("disk.full", status=Status.PASS)
    (waits,) = causes.judge([ill("redis")], WEB, 100.0 + RECOVERY - 1, well)
    (own,) = causes.judge([ill("redis")], WEB, 100.0 + RECOVERY, well)
    assert (waits.status, own.status) == (Status.SKIP, Status.FAIL)


@pytest.mark.parametrize(
    ("port", "state", "told"),
    [
        ("port 6379", "exited", "waits for port.taken of port 6379"),
        ("port 6379", "running", "fail"),
        ("port 379", "exited", "fail"),
    ],
)
def test_a_port_that_somebody_has_explains_why_its_service_does_not_start(
    port: str, state: str, told: str
) -> None:
    taken = replace(world(), known=[Finding("port.taken", port, Status.FAIL, "held by nginx")])
    seen = [view("redis", container_state=state)]
    (found,) = Causes().judge([ill("redis", "service.not-started")], seen, 0.0, taken)
    assert (found.summary if found.status is Status.SKIP else found.status.value) == told
