"""A port that everybody in the network can reach, and that was meant for this machine."""

import pytest

from tarsd.catalogue.check import Status
from tarsd.catalogue.exposure import PortExposed
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.worlds import Surroundings, found, the_one


def serves(service: str, address: str, **more: str) -> FakeContainer:
    ports = {"8000/tcp": [{"HostIp": address, "HostPort": "8123"}]}
    labels = {"com.docker.compose.service": service, **more}
    return FakeContainer(service, ports=ports, labels=labels)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", ""])
async def test_a_service_that_everybody_can_reach(
    around: Surroundings, engine: FakeEngine, address: str
) -> None:
    engine.add(serves("ollama", address))
    finding = await the_one(PortExposed(), around.world())
    assert finding.status is Status.WARN
    assert finding.subject == "ollama"
    assert finding.summary == "port 8123 is open to everybody in the network"
    assert finding.fix is not None
    assert "127.0.0.1:8123" in finding.fix
    assert "add ollama to ports.exposed" in finding.fix
    assert finding.evidence == (f"{address or '0.0.0.0'}:8123 -> 8000",)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.168.1.10"])
async def test_one_whose_address_was_chosen(
    around: Surroundings, engine: FakeEngine, address: str
) -> None:
    engine.add(serves("ollama", address))
    assert (await the_one(PortExposed(), around.world())).status is Status.PASS


async def test_the_web_ui_is_meant_for_people_in_the_network(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.add(serves("webui", "0.0.0.0", **{"tars.role": "ui"}))
    finding = await the_one(PortExposed(), around.world())
    assert finding.status is Status.PASS
    assert finding.summary == "port 8123 is open to the network, as it is meant to be"


async def test_an_owner_may_mean_it(around: Surroundings, engine: FakeEngine) -> None:
    engine.add(serves("ollama", "0.0.0.0"))
    engine.add(serves("redis", "0.0.0.0"))
    findings = await found(PortExposed(), around.world(ports={"exposed": ["ollama"]}))
    assert {it.subject: it.status for it in findings} == {
        "ollama": Status.PASS,
        "redis": Status.WARN,
    }


async def test_containers_of_others_are_theirs(around: Surroundings, engine: FakeEngine) -> None:
    engine.add(FakeContainer("web", project="blog", ports=serves("web", "0.0.0.0").ports))
    assert await found(PortExposed(), around.world()) == []


async def test_what_publishes_nothing_is_not_spoken_of(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("redis"))
    assert await found(PortExposed(), around.world()) == []
