"""One outage is one fault: what fails because the machine itself is not well waits for that."""

from dataclasses import replace

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.views import EngineView
from tarsd.engine.causes import RECOVERY
from tarsd.engine.ground import Ground
from tests.unit.service_views import view, world


def ill(name: str, fault: str = "service.unhealthy") -> Finding:
    return Finding(fault, name, Status.FAIL, "it says no", f"tarsctl logs {name}")


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
    found = Ground().judge(ills, (), 0.0, on_disk(fault))
    assert [it.status for it in found] == [Status.SKIP] * 3
    assert {it.summary for it in found} == {f"waits for {fault} of {ROOT}"}


def test_it_tells_which_services_wait_and_for_what() -> None:
    ground = Ground()
    ground.judge([], (view("redis"),), 0.0, on_disk("disk.full"))
    assert ground.explained == {"redis": "disk.full"}
    ground.judge([], (view("redis"),), RECOVERY + 1, world())
    assert ground.explained == {}


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
    (found,) = Ground().judge([ill("redis")], (), 0.0, elsewhere)
    assert found.status is Status.FAIL


def test_once_the_disk_is_well_all_get_their_time_to_come_back() -> None:
    ground = Ground()
    ground.judge([ill("redis")], (), 100.0, on_disk("disk.full"))
    well = on_disk("disk.full", status=Status.PASS)
    (waits,) = ground.judge([ill("redis")], (), 100.0 + RECOVERY - 1, well)
    (own,) = ground.judge([ill("redis")], (), 100.0 + RECOVERY, well)
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
    (found,) = Ground().judge([ill("redis", "service.not-started")], seen, 0.0, taken)
    assert (found.summary if found.status is Status.SKIP else found.status.value) == told


def test_what_is_no_fault_of_a_service_stays() -> None:
    drift = Finding("stack.drift", "redis", Status.WARN, "of another generation")
    low = Finding("disk.low", ROOT, Status.WARN, "4 GB free")
    fine = Finding("service.hung", "redis", Status.PASS, "works")
    found = Ground().judge([drift, low, fine], (), 0.0, on_disk("disk.full"))
    assert found == [drift, low, fine]
