"""The stack's containers, from the Engine's list and inspect to what the product asks about."""

from datetime import datetime, timezone
from typing import Any

import pytest

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_engine import STARTED, FakeContainer, FakeEngine


@pytest.fixture
def containers(docker: DockerApi) -> Containers:
    return Containers(docker, "tars")


async def only(containers: Containers) -> Container:
    (found,) = await containers.all()
    return found


async def test_only_the_projects_own_are_seen_by_name_running_or_not(
    engine: FakeEngine, containers: Containers
) -> None:
    engine.add(FakeContainer("redis", state="exited"))
    engine.add(FakeContainer("ollama"))
    engine.add(FakeContainer("nginx", project="somebody-else"))
    assert [it.service for it in await containers.all()] == ["ollama", "redis"]


async def test_what_compose_runs_once_is_no_service(
    engine: FakeEngine, containers: Containers
) -> None:
    engine.add(FakeContainer("redis", labels={"com.docker.compose.oneoff": "True"}))
    assert await containers.all() == []


async def test_the_facts_of_a_running_container(engine: FakeEngine, containers: Containers) -> None:
    ports = {
        "6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "6379"}],
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "9000/tcp": [],
    }
    engine.add(FakeContainer("redis", restarts=3, ports=ports, limit=0, says="PONG\n"))
    found = await only(containers)
    assert found.started == STARTED.replace(microsecond=0)
    assert found.finished is None
    assert (found.state, found.health, found.health_output) == ("running", "healthy", "PONG")
    assert (found.restarts, found.memory_limit, found.exit_code) == (3, None, 0)
    assert found.comes_back
    assert found.ports == ("127.0.0.1:6379", "0.0.0.0:8080", "[::]:8080")


@pytest.mark.parametrize(
    ("networks", "cut_off"),
    [
        ({}, "tars_inner"),
        ({"tars_inner": {"NetworkID": "45dd"}}, None),
        ({"other": {}}, "tars_inner"),
    ],
)
async def test_a_container_that_was_disconnected_from_its_network(
    engine: FakeEngine, containers: Containers, networks: dict[str, Any], cut_off: str | None
) -> None:
    engine.add(FakeContainer("redis", networks=networks))
    assert (await only(containers)).cut_off == cut_off


@pytest.mark.parametrize("mode", ["bridge", "host", "none", "default", "", "container:45dd"])
async def test_a_container_without_a_network_of_its_own_is_cut_off_from_none(
    engine: FakeEngine, containers: Containers, mode: str
) -> None:
    engine.add(FakeContainer("redis", more={"HostConfig": {"NetworkMode": mode}}))
    assert (await only(containers)).cut_off is None


async def test_a_container_that_ended(engine: FakeEngine, containers: Containers) -> None:
    ended = datetime(2026, 11, 22, 4, 5, 6, 700_000, tzinfo=timezone.utc)
    engine.add(
        FakeContainer("redis", state="exited", exit_code=137, oom_killed=True, finished=ended)
    )
    found = await only(containers)
    assert (found.exit_code, found.oom_killed, found.finished) == (137, True, ended)


async def test_health_is_none_without_a_check_and_while_not_running(
    engine: FakeEngine, containers: Containers
) -> None:
    """An exited container keeps its last health in inspect; it is not healthy."""
    engine.add(FakeContainer("a", healthy_after=None))
    engine.add(FakeContainer("b", state="exited"))
    assert [it.health for it in await containers.all()] == ["none", "none"]


async def test_one_removed_between_list_and_inspect_is_simply_gone(
    engine: FakeEngine, containers: Containers
) -> None:
    engine.add(FakeContainer("ollama"))
    gone = engine.add(FakeContainer("redis"))
    engine.say(f"/containers/{gone.id}/json", 404, {"message": "No such container"})
    assert [it.service for it in await containers.all()] == ["ollama"]


async def test_any_other_refusal_is_told(engine: FakeEngine, containers: Containers) -> None:
    broken = engine.add(FakeContainer("redis"))
    engine.say(f"/containers/{broken.id}/json", 500, {"message": "layer does not exist"})
    with pytest.raises(EngineRefused, match="layer does not exist"):
        await containers.all()


@pytest.mark.parametrize("body", [{}, {"Id": "x"}, [], "x", None, {"State": None}])
async def test_an_inspect_of_another_shape_is_an_engine_that_is_not_understood(
    engine: FakeEngine, containers: Containers, body: object
) -> None:
    odd = engine.add(FakeContainer("redis"))
    engine.say(f"/containers/{odd.id}/json", 200, body)
    with pytest.raises(EngineUnavailable, match="cannot understand the Engine"):
        await containers.all()


@pytest.mark.parametrize(
    ("stats", "expected"),
    [
        ({"usage": 1000, "stats": {"inactive_file": 300}}, 700),
        ({"usage": 1000, "stats": {"total_inactive_file": 400}}, 600),
        ({"usage": 1000}, 1000),
        ({"usage": 100, "stats": {"inactive_file": 300}}, 0),
        ({}, None),
    ],
    ids=["cgroup v2", "cgroup v1", "no detail", "cache counted late", "not running"],
)
async def test_memory_is_what_docker_stats_shows(
    engine: FakeEngine, containers: Containers, stats: dict[str, object], expected: int | None
) -> None:
    found = engine.add(FakeContainer("redis", memory=stats))
    assert await containers.memory(found.id) == expected


async def test_memory_that_cannot_be_asked_is_unknown(containers: Containers) -> None:
    assert await containers.memory("gone") is None


async def test_a_stop_gives_the_grace_asked_for(engine: FakeEngine, containers: Containers) -> None:
    found = engine.add(FakeContainer("postgres"))
    await containers.stop(found.id, 120)
    assert engine.calls[-1].endswith("/stop t=120")


async def test_logs_of_both_streams_come_in_order_without_their_headers(
    engine: FakeEngine, containers: Containers
) -> None:
    log = [(1, b"one\n"), (2, b"two\n"), (1, b""), (1, "drei ü\n".encode())]
    engine.add(FakeContainer("redis", log=log))
    said = [chunk async for chunk in containers.logs(await only(containers), 100, follow=False)]
    assert b"".join(said) == "one\ntwo\ndrei ü\n".encode()


async def test_only_the_last_lines_are_asked_for(
    engine: FakeEngine, containers: Containers
) -> None:
    log = [(1, f"{number}\n".encode()) for number in range(10)]
    engine.add(FakeContainer("redis", log=log))
    said = [chunk async for chunk in containers.logs(await only(containers), 2, follow=False)]
    assert said == [b"8\n", b"9\n"]


async def test_volumes_of_the_project_only(engine: FakeEngine, containers: Containers) -> None:
    assert await containers.volumes() == []
    engine.volumes = {"tars_redis": "tars", "other": "somebody-else", "tars_postgres": "tars"}
    assert await containers.volumes() == ["tars_postgres", "tars_redis"]
    await containers.remove_volume("tars_redis")
    assert engine.volumes.keys() == {"other", "tars_postgres"}
