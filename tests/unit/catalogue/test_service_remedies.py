"""What may be done about a fault, and what forbids it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tarsd.catalogue import docker, services
from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.views import EngineView, ServiceView
from tarsd.engine.runner import run
from tarsd.host.mounts import Mount
from tarsd.host.pressure import Pressure
from tests.unit.fake_engine import FakeEngine
from tests.unit.hands import NotedServices, hands
from tests.unit.service_views import NOW, view, world
from tests.unit.worlds import Surroundings

PATH = "/mnt/nas/documents"
NAS: dict[str, Any] = {"nas": {"path": PATH, "source": "//nas/docs"}}
READS = {"service_binds": {"/mnt/nas": "/nas"}}
SHARE = Mount(PATH, "cifs", "//nas/docs")


def remedies(fault: str) -> Mapping[str, Remedy]:
    (check,) = [it for it in (*services.CHECKS, *docker.WATCHED) if it.id == fault]
    return {it.id: it for it in check.remedies}


def finding(fault: str, subject: str = "redis") -> Finding:
    return Finding(fault, subject, Status.FAIL, "it does not work")


def refusal(fault: str, remedy: str, seen: World) -> str | None:
    return remedies(fault)[remedy].guard(seen, finding(fault))


def fitting(fault: str, seen: ServiceView) -> list[str]:
    it = world(seen)
    return [name for name, remedy in remedies(fault).items() if remedy.fits(it, finding(fault))]


@pytest.mark.parametrize(
    ("fault", "act"),
    [
        ("service.missing", "create redis"),
        ("network.missing", "create redis"),
        ("service.not-started", "start redis"),
        ("docker.killed-left-exited", "start redis"),
        ("service.exited", "start redis"),
        ("service.oom", "start redis"),
        ("service.hung", "restart redis hung=True"),
        ("service.unhealthy", "restart redis hung=False"),
    ],
)
async def test_each_fault_has_its_act(fault: str, act: str) -> None:
    noted = NotedServices()
    (remedy,) = remedies(fault).values()
    await remedy.do(hands(services=noted), finding(fault))
    assert noted.done == [act]
    assert act.startswith(remedy.words(finding(fault)))
    assert remedy.disturbs == act.startswith("restart"), "nothing but a restart waits after a boot"


@pytest.mark.parametrize(
    "fault",
    ["service.denied", "service.foreign", "service.slow-start", "service.paused", "image.missing",
     "redis.misconf", "redis.loading", "postgres.recovering",
     "service.false-unhealthy", "service.probe-labels", "stack.drift", "machine.stalled"],
)  # fmt: skip
def test_what_no_act_of_ours_mends_has_none(fault: str) -> None:
    assert remedies(fault) == {}


async def test_a_crash_loop_is_stopped_and_held_and_then_tried_again() -> None:
    assert fitting("service.crash-loop", view(container_state="restarting")) == ["service.stop"]
    assert fitting("service.crash-loop", view()) == ["service.stop"]
    assert fitting("service.crash-loop", view(container_state="exited")) == ["service.start"]
    stop = remedies("service.crash-loop")["service.stop"]
    assert stop.holds
    noted = NotedServices()
    await stop.do(hands(services=noted), finding("service.crash-loop"))
    assert noted.done == ["stop redis"]
    assert stop.words(finding("service.crash-loop")) == "stop redis and hold"


@pytest.mark.parametrize("state", ["running", "restarting", "paused"])
def test_what_is_up_or_being_started_needs_no_start(state: str) -> None:
    assert fitting("service.exited", view(container_state=state)) == []


def test_what_does_not_run_is_not_restarted() -> None:
    assert fitting("service.hung", view()) == ["service.restart"]
    assert fitting("service.hung", view(container_state="exited")) == []
    assert fitting("service.hung", view(container=None)) == []


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (view("postgres"), "there is no service redis any more"),
        (view(busy="change 17 is at work"), "change 17 is at work"),
        (view(wanted="stopped"), "its owner has stopped it"),
        (view(service_heal="none"), "its label tars.heal says none"),
        (view(), None),
    ],
)
@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("service.missing", "service.create"),
        ("service.exited", "service.start"),
        ("service.hung", "service.restart"),
        ("service.crash-loop", "service.stop"),
    ],
)
def test_what_forbids_every_act(
    seen: ServiceView, why: str | None, fault: str, remedy: str
) -> None:
    assert refusal(fault, remedy, world(seen)) == why


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("service.missing", "service.create"),
        ("service.not-started", "service.start"),
        ("service.unhealthy", "service.restart"),
    ],
)
def test_what_reads_the_nas_waits_for_it(fault: str, remedy: str) -> None:
    """On an empty directory it would look well and know nothing."""
    reader = view(**READS)
    absent = "it reads the NAS, and nothing is mounted at /mnt/nas/documents"
    assert refusal(fault, remedy, world(reader, **NAS)) == absent
    assert refusal(fault, remedy, world(reader, mount=lambda _: SHARE, **NAS)) is None
    local = Mount(PATH, "ext4", "/dev/sda1")
    assert refusal(fault, remedy, world(reader, mount=lambda _: local, **NAS)) == absent
    owner_s: dict[str, Any] = {"nas": {"path": PATH}}
    assert refusal(fault, remedy, world(reader, mount=lambda _: local, **owner_s)) is None
    assert refusal(fault, remedy, world(view(), **NAS)) is None, "others do not wait"
    skipped: dict[str, Any] = {"nas": {**NAS["nas"], "enabled": False}}
    assert refusal(fault, remedy, world(reader, **skipped)) is None


def test_where_nobody_can_tell_it_waits_too() -> None:
    def fails(_: str) -> Mount | None:
        raise PermissionError(13, "Permission denied")

    why = refusal("service.missing", "service.create", world(view(**READS), mount=fails, **NAS))
    assert "nobody can tell whether that is mounted: Permission denied" in str(why)


def test_stopping_a_loop_needs_no_nas() -> None:
    assert refusal("service.crash-loop", "service.stop", world(view(**READS), **NAS)) is None


def watched(**facts: Any) -> World:
    return replace(world(), engine=EngineView(**facts))


def test_an_engine_is_given_its_time_before_it_is_restarted() -> None:
    restart = docker.RestartEngine(lambda: NOW)
    hung = finding("docker.hung", "docker")

    def why(**facts: Any) -> str | None:
        return restart.guard(watched(**facts), hung)

    assert why(silent=45.0) is None
    assert why(silent=45.0, since=NOW - timedelta(minutes=3)) is None
    assert why(silent=45.0, since=NOW - timedelta(minutes=1)) == "it has only just been started"
    assert why(silent=45.0, leaving=True) == "systemd is stopping it, or its owner has stopped it"
    assert why(silent=29.0) == "it has been silent for 29 s only"
    assert why(answers=True) == "the Engine answers"
    assert restart.guard(world(), hung) == "the Engine answers", "nobody watches it"
    assert restart.disturbs


def test_an_engine_on_a_machine_that_is_out_of_breath_is_not_taken_for_a_hung_one() -> None:
    """Restarted for it, Docker would have more to do than before; but not for ever."""
    restart = docker.RestartEngine(lambda: NOW)

    def why(status: str, silent: float, cpu: float) -> str | None:
        short = replace(world().deep, pressure=lambda: Pressure(cpu=cpu))
        seen = replace(watched(status=status, silent=silent), deep=short)
        return restart.guard(seen, finding("docker.hung", "docker"))

    assert "short of processor time: 95 %" in str(why("hung", 299.0, 95.0))
    assert why("hung", 300.0, 95.0) is None
    assert why("hung", 45.0, 60.0) is None
    assert why("down", 45.0, 95.0) is None, "one that nobody finds is not busy"


async def test_both_ways_of_an_engine_s_end_have_that_act() -> None:
    for fault in ("docker.down", "docker.hung"):
        noted = NotedServices()
        (remedy,) = remedies(fault).values()
        await remedy.do(hands(services=noted), finding(fault, "docker"))
        assert noted.done == [
            remedy.words(finding(fault, "docker")).replace("docker.service", "engine")
        ]


@pytest.mark.parametrize(
    ("facts", "down", "hung"),
    [
        ({"answers": True, "status": "ok"}, "pass", "pass"),
        ({"status": "down", "silent": 1.0, "why": "cannot reach it"}, "fail", "skip"),
        ({"status": "unknown", "silent": 5.0}, "unknown", "skip"),
        ({"status": "hung", "silent": 31.0}, "pass", "fail"),
    ],
)
async def test_an_engine_that_is_down_busy_or_hung(
    facts: dict[str, Any], down: str, hung: str
) -> None:
    """Known without asking it: its socket leads nowhere here."""
    seen = replace(watched(**facts), services=(view(container=None),))
    found = await run([*docker.WATCHED, *services.CHECKS], seen)
    states = {it.id: it.status.value for it in found}
    assert (states["docker.down"], states["docker.hung"]) == (down, hung)
    expected = "fail" if facts.get("answers") else "skip"
    assert states["service.missing"] == expected, "what cannot be seen waits"


async def test_without_a_monitor_hung_is_not_asked_and_down_asks_itself(
    around: Surroundings, engine: FakeEngine
) -> None:
    (found,) = await run(docker.WATCHED, around.world())
    assert (found.id, found.status) == ("docker.down", Status.PASS)
    assert engine.calls == ["GET /version"]


READ_ONLY = Finding("fs.read-only", "/var/lib/docker", Status.FAIL, "it takes no writes")


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("service.missing", "service.create"),
        ("service.exited", "service.start"),
        ("service.hung", "service.restart"),
    ],
)
def test_nothing_is_started_on_a_disk_that_takes_no_writes(fault: str, remedy: str) -> None:
    engine = EngineView(answers=True, status="ok", docker_root="/var/lib/docker")
    seen = replace(world(view()), engine=engine)
    assert refusal(fault, remedy, seen) is None
    why = refusal(fault, remedy, replace(seen, known=[READ_ONLY]))
    assert why == (
        "on a disk that takes no writes it would not come up again: fs.read-only of /var/lib/docker"
    )


def test_a_crash_loop_is_stopped_there_all_the_same() -> None:
    engine = EngineView(answers=True, status="ok", docker_root="/var/lib/docker")
    seen = replace(world(view()), engine=engine, known=[READ_ONLY])
    assert refusal("service.crash-loop", "service.stop", seen) is None


def test_nor_is_the_engine_restarted() -> None:
    facts: dict[str, Any] = {"status": "hung", "silent": 60.0, "docker_root": "/var/lib/docker"}
    seen = watched(**facts)
    restart = remedies("docker.hung")["docker.restart"]
    assert restart.guard(seen, finding("docker.hung", "docker")) is None
    why = restart.guard(replace(seen, known=[READ_ONLY]), finding("docker.hung", "docker"))
    assert why == "it would not come up again: fs.read-only of /var/lib/docker"
