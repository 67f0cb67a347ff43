"""What status says of services is what is so: what answers, what hangs, who stopped it, and what is over."""

from collections.abc import Iterator

import pytest

from tests.machine.home import Home
from tests.machine.shapes import Status


def test_every_service_shows_its_answer(home: Home) -> None:
    for service in home.status().services:
        assert service.answers is not None, service
        assert service.answers.level in ("ready", "deep"), service
        assert service.answers.latency_ms is not None
        assert service.answers.message is None
    assert "ANSWERS" in home.tarsctl("status").out


@pytest.fixture
def left_alone(home: Home) -> Iterator[Home]:
    """Nothing is mended, so that a fault stays as it is."""
    with home.settings('[heal]\nmode = "off"\n'):
        home.tarsctl("config", "reload")
        yield home
    home.tarsctl("config", "reload")
    home.wait_for("healthy", within=120)


def processes(home: Home, service: str) -> list[str]:
    """All of a container's: its first one is tini."""
    shown = home.machine.exec("docker", "top", home.container(service), "-eo", "pid").out
    return shown.split()[1:]


def test_what_hangs_is_never_called_healthy(left_alone: Home) -> None:
    """Docker still says so for a while; its incident is the one problem."""
    pids = processes(left_alone, "redis")
    left_alone.machine.exec("kill", "-STOP", *pids)
    try:
        left_alone.wait_for("unhealthy", within=90)
        left_alone.machine.wait(
            "its incident", lambda: bool(problems(left_alone.status())), within=60
        )
        found = left_alone.status()
        assert found.service("redis").health == "unhealthy"
        assert [it.subject for it in found.problems] == ["redis"]
        assert found.problems[0].incident is not None
        assert found.problems[0].id == "service.hung"
    finally:
        left_alone.machine.exec("kill", "-CONT", *pids)


def problems(status: Status) -> list[str]:
    return [it.id for it in status.problems if it.incident is not None]


def test_who_stopped_a_service(home: Home) -> None:
    home.machine.exec("docker", "stop", home.container("redis"))
    home.machine.wait(
        "the stop to be understood", lambda: home.status().service("redis").wanted == "stopped", 40
    )
    wish = home.status().service("redis").wish
    assert wish is not None
    assert (wish.by, wish.reason) == ("docker", "docker stop")
    assert "stopped by its owner (docker stop)" in home.tarsctl("status").out
    home.tarsctl("start", "redis", within=120)
    home.tarsctl("stop", "redis", within=120)
    wish = home.status().service("redis").wish
    assert wish is not None
    assert (wish.by, wish.reason) == ("tarsctl", "stop redis")
    assert "stopped by its owner (tarsctl: stop redis)" in home.tarsctl("status").out
    home.tarsctl("start", "redis", within=120)
    home.wait_for("healthy")


def test_an_uninstall_ends_the_incidents_of_what_is_gone(without_stack: Home) -> None:
    home = without_stack
    home.install_stack()
    with home.settings('[heal]\nmode = "off"\n'):
        home.tarsctl("config", "reload")
        home.machine.exec("docker", "kill", home.container("redis"))
        home.machine.wait("an incident", lambda: bool(unresolved(home.status())), 60)
        home.tarsctl("uninstall", "--yes", within=180)
        home.machine.wait("no incident", lambda: not unresolved(home.status()), 90)
    home.tarsctl("config", "reload")
    found = home.status()
    assert (found.installed, found.problems) == (False, [])


def unresolved(status: Status) -> list[str]:
    return [it.fault for it in status.incidents.open] if status.incidents else []
