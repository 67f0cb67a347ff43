"""Why Compose could not act, in a person's words: recorded from Docker 20.10 and 26.1, and as 28 writes it."""

import pytest

from tarsd.errors import EngineUnavailable, NoSpace, PortUnavailable, StackInvalid
from tarsd.host.compose_refusals import act_refused
from tarsd.host.jobs import Outcome

ENDPOINT = "driver failed programming external connectivity on endpoint tars-redis-1 (0f): "


@pytest.mark.parametrize(
    ("said", "address", "port"),
    [
        (
            "Error starting userland proxy: listen tcp4 127.0.0.1:6379: bind: address already in use",
            "127.0.0.1",
            6379,
        ),
        (
            "Error starting userland proxy: listen tcp6 [::]:8080: bind: address already in use",
            "[::]",
            8080,
        ),
        (
            "failed to bind host port for 127.0.0.1:6379:172.18.0.2:6379/tcp: address already in use",
            "127.0.0.1",
            6379,
        ),
        (
            "failed to bind host port for [::]:8080:[fd00::2]:8080/tcp: address already in use",
            "[::]",
            8080,
        ),
        (
            "failed to bind host port 0.0.0.0:8080/tcp: address already in use",
            "0.0.0.0",
            8080,
        ),
        ("Bind for 127.0.0.1:6379 failed: port is already allocated", "127.0.0.1", 6379),
    ],
)
def test_a_port_that_is_taken(said: str, address: str, port: int) -> None:
    error = act_refused("start", Outcome(1, b"", f"Error response from daemon: {ENDPOINT}{said}\n"))
    assert isinstance(error, PortUnavailable)
    assert error.details == {"address": address, "port": port}
    assert f"port {port} on {address}" in error.message
    assert str(port) in str(error.fix)


def test_a_full_disk_of_the_engine() -> None:
    said = (
        "Error response from daemon: mkdir /var/lib/docker/overlay2/1d: no space left on device\n"
    )
    error = act_refused("start", Outcome(1, b"", said))
    assert isinstance(error, NoSpace)
    assert error.message == "cannot start the stack: the disk of the Engine is full"
    assert str(error.fix).startswith("docker system df; df -h; ")


@pytest.mark.parametrize(
    "said",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?",
        "failed to connect to the docker API at unix:///var/run/docker.sock",
    ],
)
def test_an_engine_that_is_gone_is_not_a_wrong_stack(said: str) -> None:
    assert isinstance(act_refused("remove", Outcome(1, b"", said)), EngineUnavailable)


def test_whatever_else_it_says_is_told() -> None:
    said = " Container redis  Creating\nError response from daemon: invalid mount config\n"
    error = act_refused("start", Outcome(1, b"", said))
    assert isinstance(error, StackInvalid)
    assert error.message == "cannot start the stack: Compose says: invalid mount config"
    assert error.details == {"output": said}


@pytest.mark.parametrize(
    "said",
    [
        "failed to create network tars_inner: Error response from daemon: could not find an available, "
        "non-overlapping IPv4 address pool among the defaults to assign to the network",
        "failed to create network tars_inner: Error response from daemon: all predefined address pools "
        "have been fully subnetted",
    ],
)
def test_no_subnet_is_left(said: str) -> None:
    error = act_refused("start", Outcome(1, b"", said))
    assert isinstance(error, StackInvalid)
    assert error.message == "cannot start the stack: Docker has no subnet left for a network of it"
    assert error.fix is not None
    assert "default-address-pools" in error.fix
