"""A container that nobody looks after, in the stack's own project."""

from dataclasses import replace

from tarsd.catalogue.check import Status, World
from tarsd.catalogue.orphans import StackOrphan
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.service_views import view, world
from tests.unit.worlds import found, the_one

SERVICE = "com.docker.compose.service"


def of(docker: DockerApi, *services: str) -> World:
    return replace(world(*(view(name) for name in services)), docker=docker)


def container(service: str, **labels: str) -> FakeContainer:
    return FakeContainer(service, labels={SERVICE: service, **labels})


async def test_every_container_is_of_a_service(docker: DockerApi, engine: FakeEngine) -> None:
    engine.add(container("redis"))
    engine.add(FakeContainer("web", project="blog"))
    assert (await the_one(StackOrphan(), of(docker, "redis", "ollama"))).status is Status.PASS


async def test_what_a_service_left_that_was_taken_out(
    docker: DockerApi, engine: FakeEngine
) -> None:
    engine.add(container("redis"))
    engine.add(container("proxy")).state = "exited"
    finding = await the_one(StackOrphan(), of(docker, "redis"))
    assert finding.status is Status.WARN
    assert finding.subject == "container tars-proxy-1"
    assert finding.summary == "it is exited and of no service of the current generation"
    assert finding.fix == "docker rm -f tars-proxy-1"


async def test_a_run_of_its_owners_is_none(docker: DockerApi, engine: FakeEngine) -> None:
    engine.add(container("tool", **{"com.docker.compose.oneoff": "True"}))
    assert (await the_one(StackOrphan(), of(docker, "redis"))).status is Status.PASS


async def test_before_an_install_there_are_no_services_to_compare_with(docker: DockerApi) -> None:
    assert await found(StackOrphan(), of(docker)) == []
