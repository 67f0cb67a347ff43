"""A power cut in the start of a container left Docker holding a port for nobody; the next change sets it free."""

from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import JobFailed
from tests.unit.fake_docker_service import FakeDockerService
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.operations.test_preflight import PUBLISHED

PROXY = {
    "address": "127.0.0.1",
    "port": 6379,
    "pid": 70,
    "command": "docker-proxy",
    "unit": "docker.service",
    "container": None,
}
ALLOCATED = (
    "Error response from daemon: driver failed programming external connectivity on endpoint "
    "tars-redis-1 (0f): Bind for 127.0.0.1:6379 failed: port is already allocated\n"
)
IN_USE = (
    "Error response from daemon: driver failed programming external connectivity on endpoint "
    "tars-redis-1 (0f): Error starting userland proxy: listen tcp4 127.0.0.1:6379: bind: "
    "address already in use\n"
)


@pytest.fixture
def service(home: Home) -> FakeDockerService:
    """A restart of Docker, which ends its proxies."""
    home.docker_service.then = lambda: freed(home)
    return home.docker_service


def freed(home: Home) -> None:
    home.compose.own["listeners"] = []
    home.compose.fails.pop("up", None)


def held(home: Home, said: str, **proxy: Any) -> None:
    """What Compose meets, and who has the port."""
    home.compose.fails["up"] = said
    home.compose.own["listeners"] = [{**PROXY, **proxy}]


def told(change: Change, kind: str) -> str:
    return str(next(it.detail for it in change.tasks if it.kind == kind))


def refusal(change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    return change.error


@pytest.mark.parametrize("said", [ALLOCATED, IN_USE], ids=["allocated", "in use"])
async def test_an_install_that_meets_it_restarts_docker_once_and_goes_on(
    home: Home, service: FakeDockerService, said: str
) -> None:
    held(home, said)
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert service.restarts == 1


async def test_an_engine_without_proxy_processes_is_believed(
    home: Home, service: FakeDockerService
) -> None:
    held(home, ALLOCATED)
    home.compose.own["listeners"] = []
    assert (await home.install()).status is ChangeStatus.DONE
    assert service.restarts == 1


async def test_the_preflight_frees_what_it_would_refuse_and_says_so(
    home: Home, service: FakeDockerService
) -> None:
    home.compose.stack["services"]["redis"]["ports"] = PUBLISHED
    home.compose.own["listeners"] = [PROXY]
    change = await home.begin_install()
    assert (await home.end(change)).status is ChangeStatus.DONE, change.error
    assert service.restarts == 1
    assert told(change, "preflight") == (
        "restarted Docker, which held port 6379 for a container that was gone"
    )


async def test_a_start_does_so_too(home: Home, service: FakeDockerService) -> None:
    await home.install()
    await home.lifecycle("stop", ["redis"])
    held(home, IN_USE)
    change = await home.lifecycle("start", ["redis"])
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    assert service.restarts == 1


async def test_with_another_container_on_docker_it_is_left_to_the_owner(
    home: Home, service: FakeDockerService
) -> None:
    home.engine.add(FakeContainer("blog", project="blog", name="blog"))
    home.compose.stack["services"]["redis"]["ports"] = PUBLISHED
    home.compose.own["listeners"] = [PROXY]
    error = refusal(await home.install())
    assert "held by Docker, for a container that is gone" in error["message"]
    assert "tarsd does not restart Docker, for container blog runs on it" in error["message"]
    assert error["fix"].startswith("sudo systemctl restart docker")
    assert service.restarts == 0


async def test_a_container_of_another_that_does_not_run_is_no_reason(
    home: Home, service: FakeDockerService
) -> None:
    home.engine.add(FakeContainer("blog", project="blog", name="blog", state="exited"))
    held(home, ALLOCATED)
    assert (await home.install()).status is ChangeStatus.DONE
    assert service.restarts == 1


async def test_what_another_program_holds_is_no_reason_to_restart_docker(
    home: Home, service: FakeDockerService
) -> None:
    held(home, IN_USE, command="nginx", unit="nginx.service")
    error = refusal(await home.install())
    assert error["message"] == (
        "cannot start the stack: port 6379 on 127.0.0.1 is taken by another program"
    )
    assert service.restarts == 0


async def test_the_proxy_of_another_engine_is_no_reason_either(
    home: Home, service: FakeDockerService
) -> None:
    held(home, IN_USE, unit="snap.docker.dockerd.service")
    refusal(await home.install())
    assert service.restarts == 0


async def test_an_install_that_is_refused_anyway_restarts_nothing(
    home: Home, service: FakeDockerService
) -> None:
    home.compose.stack["services"]["redis"]["ports"] = PUBLISHED
    home.compose.stack["services"]["postgres"]["ports"] = [{**PUBLISHED[0], "published": "5432"}]
    nginx = {**PROXY, "port": 5432, "command": "nginx", "unit": "nginx.service"}
    home.compose.own["listeners"] = [PROXY, nginx]
    refusal(await home.install())
    assert service.restarts == 0


async def test_for_an_extra_port_nothing_is_restarted(
    home: Home, service: FakeDockerService
) -> None:
    with home.paths.settings.open("a") as settings:
        settings.write("[ports]\nextra = [6379]\n")
    home.compose.own["listeners"] = [PROXY]
    refusal(await home.install())
    assert service.restarts == 0


async def test_a_restart_that_does_not_help_is_not_repeated(
    home: Home, service: FakeDockerService
) -> None:
    service.then = lambda: None
    held(home, ALLOCATED)
    error = refusal(await home.install())
    assert error["message"].startswith("cannot start the stack: Docker itself holds port 6379")
    assert service.restarts == 1
    assert "tarsd did so 0 min ago" in refusal(await home.install())["message"]
    assert service.restarts == 1


async def test_a_restart_that_fails_is_told_with_the_port(
    home: Home, service: FakeDockerService
) -> None:
    service.refuses = "Unit docker.service not found."
    held(home, ALLOCATED)
    message = refusal(await home.install())["message"]
    assert message.startswith("cannot start the stack: Docker itself holds port 6379")
    assert "Unit docker.service not found" in message


async def test_it_is_remembered_where_a_boot_forgets_it(
    home: Home, service: FakeDockerService
) -> None:
    held(home, ALLOCATED)
    await home.install()
    assert (home.paths.run / "docker-restarted").exists()


async def test_who_holds_it_cannot_be_told_and_docker_is_left_alone(
    home: Home, service: FakeDockerService
) -> None:
    held(home, ALLOCATED)
    answers: list[Any] = [[], JobFailed("cannot finish job listeners: timeout")]

    def answer(_: object) -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    home.compose.own["listeners"] = answer
    message = refusal(await home.install())["message"]
    assert message.endswith("; cannot finish job listeners: timeout")
    assert service.restarts == 0
