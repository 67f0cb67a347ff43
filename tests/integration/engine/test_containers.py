"""Containers as a real Engine shows them."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from tarsd.host.containers import Container, Containers
from tests.integration.engine.lab import Lab


@pytest.fixture
def containers(lab: Lab) -> Containers:
    return Containers(lab.docker, lab.project)


async def only(containers: Containers) -> Container:
    (found,) = await containers.all()
    return found


async def has_statistics(lab: Lab, id_: str) -> bool:
    """An Engine on cgroups it does not understand answers with nothing, as of the year 1."""
    query = {"stream": "false", "one-shot": "true"}
    found = await lab.docker.object(f"/containers/{id_}/stats", query)
    return not str(found["read"]).startswith("0001-")


async def until(containers: Containers, state: str) -> Container:
    """The one container, once it is in this state."""
    for _ in range(100):
        if (found := await only(containers)).state == state:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"it never got {state}: {await only(containers)}")


async def said(containers: Containers, lines: int = 100) -> bytes:
    container = await only(containers)
    return b"".join([piece async for piece in containers.logs(container, lines, follow=False)])


async def test_a_running_container_with_everything_the_daemon_reads(
    lab: Lab, containers: Containers
) -> None:
    host = {
        "Memory": 64 << 20,
        "RestartPolicy": {"Name": "unless-stopped"},
        "PortBindings": {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}]},
    }
    check = {"Test": ["CMD-SHELL", "echo PONG"], "Interval": 1_000_000_000}
    labels = {"tars.role": "cache"}
    id_ = await lab.run("redis", "sleep 600", HostConfig=host, Healthcheck=check, Labels=labels)
    found = await until(containers, "running")
    assert (found.id, found.service, found.image) == (id_, "redis", lab.small)
    assert found.image_id.startswith("sha256:")
    assert found.health in ("starting", "healthy")
    assert found.started is not None
    assert abs(datetime.now(timezone.utc) - found.started) < timedelta(minutes=1)
    assert found.finished is None
    assert (found.exit_code, found.oom_killed, found.error, found.restarts) == (0, False, "", 0)
    assert found.memory_limit == 64 << 20
    assert found.comes_back
    assert found.labels["tars.role"] == "cache"
    memory = await containers.memory(id_)
    assert memory is None if not await has_statistics(lab, id_) else 0 < (memory or 0) < 64 << 20
    for _ in range(50):
        if (found := await only(containers)).health == "healthy":
            break
        await asyncio.sleep(0.2)
    assert (found.health, found.health_output) == ("healthy", "PONG")


async def test_a_container_that_ended(lab: Lab, containers: Containers) -> None:
    id_ = await lab.run("redis", "exit 3")
    found = await until(containers, "exited")
    assert (found.exit_code, found.health, found.comes_back) == (3, "none", False)
    assert found.finished is not None
    assert await containers.memory(id_) is None


async def test_one_that_never_started(lab: Lab, containers: Containers) -> None:
    await lab.run("redis", "true", start=False)
    found = await only(containers)
    assert (found.state, found.started, found.finished) == ("created", None, None)


async def test_logs_of_both_streams_in_order_and_only_the_last_ones(
    lab: Lab, containers: Containers
) -> None:
    script = "echo one; sleep 0.1; echo two >&2; sleep 0.1; printf 'drei ü'"
    await lab.run("redis", script)
    await until(containers, "exited")
    assert (await said(containers)).decode() == "one\ntwo\ndrei ü"
    assert (await said(containers, 1)).decode() == "drei ü"


async def test_logs_of_a_terminal_come_too(lab: Lab, containers: Containers) -> None:
    """An override may say `tty: true`; the Engine then sends no frames but the bytes themselves."""
    await lab.run("redis", "echo one; echo two", Tty=True)
    await until(containers, "exited")
    assert (await said(containers)).split() == [b"one", b"two"]


async def test_a_long_line_comes_whole(lab: Lab, containers: Containers) -> None:
    await lab.run("redis", "head -c 300000 /dev/zero | tr '\\0' x; echo")
    await until(containers, "exited")
    assert await said(containers) == b"x" * 300_000 + b"\n"


async def test_followed_logs_come_as_they_are_written(lab: Lab, containers: Containers) -> None:
    await lab.run("redis", "echo one; sleep 0.5; echo two")
    container = await only(containers)
    pieces = [piece async for piece in containers.logs(container, 100, follow=True)]
    assert pieces == [b"one\n", b"two\n"]


async def test_a_stop_kills_after_the_grace(lab: Lab, containers: Containers) -> None:
    id_ = await lab.run(
        "redis", "trap '' TERM; while :; do sleep 1; done", HostConfig={"Init": False}
    )
    await containers.stop(id_, 1)
    found = await only(containers)
    assert (found.state, found.exit_code) == ("exited", 137)
    await containers.stop(id_, 1)  # once more does no harm


async def test_a_start_and_a_removal(lab: Lab, containers: Containers) -> None:
    id_ = await lab.run("redis", "sleep 600", start=False)
    await containers.start(id_)
    await containers.start(id_)
    await until(containers, "running")
    await containers.stop(id_, 0)
    await containers.remove(id_)
    assert await containers.all() == []


async def test_volumes_and_who_uses_them(lab: Lab, containers: Containers) -> None:
    volume = await lab.volume("redis")
    assert await containers.volumes() == [volume]
    assert await containers.users_of(volume) == []
    await lab.run("redis", "sleep 600", HostConfig={"Binds": [f"{volume}:/data"]})
    assert await containers.users_of(volume) == [f"{lab.project}-redis-1"]


async def test_another_projects_containers_are_not_ours(lab: Lab, docker_project: str) -> None:
    await lab.run("redis", "sleep 600")
    assert await Containers(lab.docker, docker_project).all() == []


@pytest.fixture
def docker_project(lab: Lab) -> str:
    """A project whose name only begins like ours."""
    return lab.project[:-1]
