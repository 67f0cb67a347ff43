"""The acts on a double of the Engine: the right container, the right grace, and nothing that could lose data."""

import asyncio
import json
from pathlib import Path

import pytest

from tarsd.errors import (
    DataMissing,
    EngineRefused,
    EngineUnavailable,
    JobFailed,
    NotInstalled,
    ServiceMissing,
    StackInvalid,
    UnknownService,
)
from tarsd.host.attachments import Attachments
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.docker_unit import DockerUnit
from tarsd.host.generations import Generations
from tarsd.host.hands import EngineHands
from tarsd.host.jobs import Job, Outcome
from tarsd.host.systemd import NoSuchUnit, UnitState
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_docker_service import FakeDockerService
from tests.unit.fake_engine import FakeContainer, FakeEngine

STACK = {
    "services": {
        "redis": {
            "image": "redis:8",
            "stop_grace_period": "30s",
            "labels": {"tars.stop.hung": "7s"},
            "volumes": [{"type": "volume", "source": "redis", "target": "/data"}],
        },
        "webui": {"image": "webui:1"},
    },
    "volumes": {"redis": {"name": "tars_redis"}},
}


@pytest.fixture
def service() -> FakeDockerService:
    return FakeDockerService()


@pytest.fixture
def compose(engine: FakeEngine) -> FakeCompose:
    return FakeCompose(engine, {})


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    made = Generations(tmp_path / "generations")
    made.make_current(made.add(STACK, {"images": {}}).number)
    return made


@pytest.fixture
def hands(
    docker: DockerApi,
    compose: FakeCompose,
    generations: Generations,
    service: FakeDockerService,
    tmp_path: Path,
) -> EngineHands:
    (tmp_path / "docker-compose").touch()
    return EngineHands(
        Containers(docker, "tars"),
        Attachments(docker),
        Compose(compose, "tars", tmp_path, "/nowhere", [tmp_path]),
        generations,
        DockerUnit(tmp_path / "docker-restarted", service, lambda: 10_000.0),
        service,
        tmp_path / "secrets",
    )


def calls(engine: FakeEngine, verb: str) -> list[str]:
    return [it.partition(f"/{verb}")[2].strip() for it in engine.calls if f"/{verb}" in it]


async def test_start_starts_its_container_as_it_is(hands: EngineHands, engine: FakeEngine) -> None:
    it = engine.add(FakeContainer("redis", state="exited", exit_code=143))
    await hands.start("redis")
    assert it.state == "running"


@pytest.mark.parametrize(("hung", "grace"), [(True, "t=7"), (False, "t=30")])
async def test_a_restart_is_one_request_with_the_grace_that_it_is_worth(
    hands: EngineHands, engine: FakeEngine, hung: bool, grace: str
) -> None:
    """One, for a tarsd that is killed in the middle of two would leave it stopped."""
    engine.add(FakeContainer("redis"))
    await hands.restart("redis", hung=hung)
    assert calls(engine, "restart") == [grace]
    assert calls(engine, "stop") == []


async def test_what_would_not_come_up_again_is_not_restarted(
    hands: EngineHands, engine: FakeEngine, tmp_path: Path
) -> None:
    """It runs, and its secret is gone from under it."""
    secret = tmp_path / "secrets" / "redis.conf"
    mounts = [{"Type": "bind", "Source": str(secret), "Destination": "/run/secrets/redis.conf"}]
    engine.add(FakeContainer("redis", more={"Mounts": mounts}))
    with pytest.raises(StackInvalid, match=r"redis\.conf is missing.*not stopped"):
        await hands.restart("redis", hung=True)
    assert calls(engine, "restart") == []
    secret.parent.mkdir()
    secret.touch()
    await hands.restart("redis", hung=True)
    assert len(calls(engine, "restart")) == 1


async def test_stop_gives_it_its_own_grace(hands: EngineHands, engine: FakeEngine) -> None:
    it = engine.add(FakeContainer("redis", state="running"))
    await hands.stop("redis")
    assert (it.state, calls(engine, "stop")) == ("exited", ["t=30"])


async def test_without_labels_the_graces_are_docker_s_and_five_seconds(
    hands: EngineHands, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("webui"))
    await hands.restart("webui", hung=True)
    await hands.restart("webui", hung=False)
    assert calls(engine, "restart") == ["t=5", "t=10"]


async def test_create_makes_what_is_missing_and_touches_nothing_else(
    hands: EngineHands, engine: FakeEngine, compose: FakeCompose
) -> None:
    engine.volumes["tars_redis"] = "tars"
    await hands.create("redis")
    assert engine.containers["redis"].state == "running"
    (words,) = compose.calls("up")
    assert [it for it in words if it in ("--no-deps", "--no-recreate", "--no-build")] == [
        "--no-deps",
        "--no-build",
        "--no-recreate",
    ]
    assert words[-1] == "redis"
    assert "never" in words, "no image is pulled"


async def test_create_refuses_where_its_data_is_gone(
    hands: EngineHands, compose: FakeCompose
) -> None:
    """A new, empty volume would make it look well: that is the owner's to decide."""
    with pytest.raises(DataMissing) as caught:
        await hands.create("redis")
    assert "cannot create redis: its volume tars_redis is gone" in caught.value.message
    assert "tarsctl start redis" in str(caught.value.fix)
    assert compose.calls("up") == []


async def test_what_has_no_volume_has_no_data_to_lose(
    hands: EngineHands, engine: FakeEngine
) -> None:
    await hands.create("webui")
    assert engine.containers["webui"].state == "running"


async def test_a_container_that_is_gone_is_told(hands: EngineHands) -> None:
    for act in (hands.start("redis"), hands.stop("redis"), hands.restart("redis", hung=True)):
        with pytest.raises(ServiceMissing, match="cannot find a container of redis"):
            await act


async def test_of_two_the_one_that_runs_is_meant(hands: EngineHands, engine: FakeEngine) -> None:
    """A recreation that a power cut caught leaves its new half, never started, beside the old one."""
    old = engine.add(FakeContainer("redis"))
    half = FakeContainer("half", state="created", labels={"com.docker.compose.service": "redis"})
    engine.add(half)
    await hands.stop("redis")
    assert (old.state, half.state) == ("exited", "created")


async def test_an_unknown_service_and_an_empty_machine(
    hands: EngineHands, generations: Generations
) -> None:
    with pytest.raises(UnknownService):
        await hands.stop("mongodb")
    generations.make_current(None)
    with pytest.raises(NotInstalled):
        await hands.create("redis")


async def test_the_engine_s_own_no_is_passed_on(hands: EngineHands, engine: FakeEngine) -> None:
    engine.add(FakeContainer("redis", state="exited"))
    engine.say("/start", 500, {"message": "port is already allocated"})
    with pytest.raises(EngineRefused, match="port is already allocated"):
        await hands.start("redis")


async def test_an_engine_that_never_comes_back_from_an_act_ends_it_in_time(
    hands: EngineHands, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("redis"))
    engine.hang("/restart")
    began = asyncio.get_running_loop().time()
    with pytest.raises(EngineUnavailable):
        await hands.restart("redis", hung=True)
    assert asyncio.get_running_loop().time() - began == pytest.approx(7 + 90, abs=2)


@pytest.mark.parametrize("active", ["active", "failed"])
async def test_an_engine_that_hangs_or_has_failed_is_restarted(
    hands: EngineHands, service: FakeDockerService, active: str
) -> None:
    service.active = active
    if active == "failed":
        service.then = lambda: setattr(service, "active", "active")
    await hands.restart_engine()
    assert service.restarts == 1


@pytest.mark.parametrize("active", ["inactive", "activating", "deactivating", "reloading"])
async def test_one_that_its_owner_stopped_or_systemd_works_on_is_left(
    hands: EngineHands, service: FakeDockerService, active: str
) -> None:
    service.active = active
    with pytest.raises(JobFailed, match=f"it is {active}; it is left as it is"):
        await hands.restart_engine()
    assert service.restarts == 0


async def test_one_that_a_job_waits_for_is_left(
    hands: EngineHands, service: FakeDockerService
) -> None:
    service.restart("docker.service")
    with pytest.raises(JobFailed, match="and systemd is at it"):
        await hands.restart_engine()
    assert service.restarts == 1, "that was its owner's"


async def test_a_unit_that_systemd_has_forgotten_is_not_running(
    hands: EngineHands, service: FakeDockerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state(name: str) -> UnitState:
        raise NoSuchUnit(f"cannot GetUnit: {name}")

    monkeypatch.setattr(service, "state", state)
    with pytest.raises(JobFailed, match="it is inactive"):
        await hands.restart_engine()


async def test_it_is_restarted_once_an_hour(hands: EngineHands, service: FakeDockerService) -> None:
    await hands.restart_engine()
    with pytest.raises(JobFailed, match=r"cannot restart docker\.service again"):
        await hands.restart_engine()
    assert service.restarts == 1


def test_a_generation_says_which_volumes_and_image_a_service_has(tmp_path: Path) -> None:
    made = Generations(tmp_path / "generations")
    lock = {"images": {"redis": {"reference": "redis:8", "id": "sha256:1d"}}}
    services = made.add(STACK, lock).services
    assert services["redis"].volumes == {"tars_redis"}
    assert services["redis"].image_id == "sha256:1d"
    assert (services["webui"].volumes, services["webui"].image_id) == (frozenset(), None)
    odd = json.loads(json.dumps(STACK))
    odd["volumes"] = {"redis": None}
    assert made.add(odd, lock).services["redis"].volumes == frozenset()


async def test_a_network_made_anew_is_attached_by_its_name(
    hands: EngineHands, engine: FakeEngine
) -> None:
    engine.volumes["tars_redis"] = "tars"
    engine.networks["tars_inner"] = "tars"
    it = engine.add(FakeContainer("redis", state="exited", error="network 45dd not found"))
    it.networks["tars_inner"] = {"NetworkID": "45dd", "Aliases": ["redis"], "IPAMConfig": None}
    await hands.create("redis")
    assert it.state == "running"
    assert it.networks["tars_inner"]["Aliases"] == ["redis"]
    assert it.networks["tars_inner"]["NetworkID"] == ""


async def test_an_attachment_that_was_cut_off_is_finished(
    hands: EngineHands, engine: FakeEngine
) -> None:
    """Between taking the old one off and putting the new one on: its own network is on record still."""
    engine.volumes["tars_redis"] = "tars"
    engine.networks["tars_inner"] = "tars"
    it = engine.add(FakeContainer("redis", state="exited"))
    await hands.create("redis")
    assert set(it.networks) == {"tars_inner"}


async def test_one_that_was_disconnected_while_it_ran_is_attached_by_the_name_others_call_it(
    hands: EngineHands, engine: FakeEngine
) -> None:
    engine.volumes["tars_redis"] = "tars"
    engine.networks["tars_inner"] = "tars"
    it = engine.add(FakeContainer("redis"))
    await hands.create("redis")
    assert it.networks["tars_inner"]["Aliases"] == ["redis"]
    assert calls(engine, "start") == calls(engine, "stop") == []


async def test_two_are_created_one_after_the_other(
    hands: EngineHands,
    engine: FakeEngine,
    compose: FakeCompose,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Side by side they would make a network each."""
    engine.volumes["tars_redis"] = "tars"
    at_work: list[Job] = []
    alone = compose.run

    async def run(job: Job) -> Outcome:
        assert at_work == []
        at_work.append(job)
        await asyncio.sleep(0.01)
        at_work.clear()
        return await alone(job)

    monkeypatch.setattr(compose, "run", run)
    await asyncio.gather(hands.create("redis"), hands.create("webui"))
    assert [words[-1] for words in compose.calls("up")] == ["redis", "webui"]


async def test_a_network_that_is_there_is_left_alone(
    hands: EngineHands, engine: FakeEngine
) -> None:
    engine.volumes["tars_redis"] = "tars"
    engine.networks["tars_inner"] = "tars"
    it = engine.add(FakeContainer("redis", state="exited"))
    it.networks["tars_inner"] = {"NetworkID": "tars_inner"}
    await hands.create("redis")
    assert not [call for call in engine.calls if call.endswith("connect")]


async def test_one_that_runs_is_not_touched(hands: EngineHands, engine: FakeEngine) -> None:
    engine.volumes["tars_redis"] = "tars"
    engine.networks["tars_inner"] = "tars"
    it = engine.add(FakeContainer("redis"))
    it.networks["tars_inner"] = {"NetworkID": "tars_inner"}
    await hands.create("redis")
    assert not [call for call in engine.calls if call.startswith("POST")]
