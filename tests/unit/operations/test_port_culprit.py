"""Somebody takes a port between the preflight and the start: it is said who, and nothing is left."""

from collections.abc import Callable
from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import JobFailed
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home

TAKEN = (
    "Error response from daemon: driver failed programming external connectivity on endpoint "
    "tars-redis-1 (0f): Error starting userland proxy: "
    "listen tcp4 127.0.0.1:6379: bind: address already in use\n"
)
ALLOCATED = (
    "Error response from daemon: driver failed programming external connectivity on endpoint "
    "tars-redis-1 (0f): Bind for 127.0.0.1:6379 failed: port is already allocated\n"
)
NGINX = {
    "address": "0.0.0.0",
    "port": 6379,
    "pid": 812,
    "command": "nginx",
    "unit": "nginx.service",
    "container": None,
}


def free_at_first(*then: Any) -> Callable[[object], list[Any]]:
    """What the job that looks at sockets finds: nothing at the preflight, this afterwards, and the last of it again."""
    nothing: list[Any] = []
    answers = [nothing, *then]

    def answer(_: object) -> list[Any]:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    return answer


@pytest.fixture
def publishing(home: Home) -> Home:
    """Redis publishes its port, which is free when the machine is looked at."""
    home.compose.stack["services"]["redis"]["ports"] = [
        {"host_ip": "127.0.0.1", "published": "6379", "target": 6379, "protocol": "tcp"}
    ]
    return home


def refusal(home: Home, change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.UNDONE, change
    assert home.engine.containers == {}
    assert home.generation is None
    assert change.error is not None
    return change.error


async def test_a_program_is_named_with_what_frees_the_port(publishing: Home) -> None:
    publishing.compose.fails["up"] = TAKEN
    publishing.compose.own["listeners"] = free_at_first([NGINX])
    change = await publishing.install()
    error = refusal(publishing, change)
    assert error["kind"] == "port-taken"
    assert error["message"] == (
        "cannot start redis: port 6379: held by nginx (pid 812, nginx.service)"
    )
    assert error["fix"].startswith("sudo systemctl stop nginx.service, or set ports.redis in ")
    assert change.result is not None
    (failure,) = change.result["failures"]
    assert (failure["id"], failure["subject"]) == ("port.taken", "port 6379")
    assert failure["summary"] == ("held by nginx (pid 812, nginx.service); redis cannot start")


async def test_somebody_elses_container_is_named(publishing: Home) -> None:
    squatter = FakeContainer("redis", project="other", state="created")
    squatter.ports = {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "6379"}]}
    publishing.engine.containers["squatter"] = squatter

    def start_it(_: object) -> list[Any]:
        squatter.state = "running"  # right after the look
        return []

    publishing.compose.own["listeners"] = start_it
    publishing.compose.fails["up"] = ALLOCATED
    change = await publishing.install()
    assert change.error is not None
    assert "held by container other-redis-1" in change.error["message"]
    assert change.error["fix"].startswith("docker stop other-redis-1, or ")


@pytest.mark.parametrize(
    "then", [[], JobFailed("cannot finish job listeners: it ran past its deadline")]
)
async def test_one_who_is_gone_again_or_cannot_be_told_is_not_made_up(
    publishing: Home, then: Any
) -> None:
    publishing.compose.fails["up"] = TAKEN
    publishing.compose.own["listeners"] = free_at_first(then)
    error = refusal(publishing, await publishing.install())
    assert error["message"].startswith(
        "cannot start the stack: port 6379 on 127.0.0.1 is taken by another program"
    )
    assert "sport = :6379" in error["fix"]
