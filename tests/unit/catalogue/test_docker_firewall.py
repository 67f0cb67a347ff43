"""Somebody flushed the firewall, Docker's own rules with it: nothing can be started until Docker makes them anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.docker_firewall import FirewallFlushed
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import EngineView, ServiceView
from tarsd.engine.runner import run
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.hands import NotedServices, hands
from tests.unit.service_views import view, world

ERROR = (
    "failed to set up container networking: driver failed programming external connectivity on endpoint "
    "tars-redis-1: iptables failed: iptables --wait -t nat -A DOCKER: iptables: No chain/target/match by that name."
)
(CHECK,) = [it for it in FAULTS if isinstance(it, FirewallFlushed)]
LONG_UP = EngineView(
    answers=True, status="ok", since=datetime.now(timezone.utc) - timedelta(days=1)
)


def refused(name: str = "redis", **facts: Any) -> ServiceView:
    """A service that Docker could not start for that reason."""
    return view(
        name,
        **{
            "container_state": "exited",
            "container_exit_code": 128,
            "container_error": ERROR,
            **facts,
        },
    )


def seen(docker: DockerApi, *views: ServiceView, engine: EngineView = LONG_UP) -> World:
    return replace(world(*views), docker=docker, engine=engine)


async def findings(seen_world: World) -> Sequence[Finding]:
    return await run(FAULTS, seen_world)


async def the_fault(seen_world: World) -> Finding:
    (found,) = [it for it in await findings(seen_world) if it.status is Status.FAIL]
    return found


def fitting(seen_world: World, finding: Finding) -> list[Remedy]:
    return [it for it in CHECK.remedies if it.fits(seen_world, finding)]


async def test_it_is_one_fault_of_the_service_and_no_other(docker: DockerApi) -> None:
    found = await the_fault(seen(docker, refused()))
    assert found.id == "docker.firewall-flushed"
    assert found.summary == (
        "could not be started: Docker's firewall rules are gone: something flushed them"
    )
    assert found.fix == "sudo systemctl restart docker"


async def test_a_start_comes_first_then_docker_then_a_start_again(docker: DockerApi) -> None:
    flushed = seen(docker, refused())
    found = await the_fault(flushed)
    noted = NotedServices()
    for remedy in fitting(flushed, found):
        assert remedy.guard(flushed, found) is None
        await remedy.do(hands(services=noted), found)
    assert noted.done == ["start redis", "restart engine", "start redis"]


async def test_docker_is_not_restarted_under_containers_of_others(
    docker: DockerApi, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("web", project="blog"))
    flushed = seen(docker, refused())
    found = await the_fault(flushed)
    assert found.evidence == ("blog-web-1",)
    assert found.summary.endswith(
        "; tarsd does not restart Docker, which would also stop blog-web-1"
    )
    assert [it.id for it in fitting(flushed, found)] == ["service.start", "service.start"]


async def test_with_live_restore_nobody_would_be_stopped(
    docker: DockerApi, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("web", project="blog"))
    engine.info["LiveRestoreEnabled"] = True
    flushed = seen(docker, refused())
    assert len(fitting(flushed, await the_fault(flushed))) == 3


@pytest.mark.parametrize(
    ("standing", "other", "why"),
    [
        (replace(LONG_UP, leaving=True), view("ollama"), "does not answer"),
        (EngineView(), view("ollama"), "does not answer"),
        (LONG_UP, view("ollama", busy="change 3 (install) is at work"), "change 3"),
    ],
)
async def test_when_docker_is_left_alone(
    docker: DockerApi, standing: EngineView, other: ServiceView, why: str
) -> None:
    flushed = seen(docker, refused(), other, engine=standing)
    finding = Finding(CHECK.id, "redis", Status.FAIL, "")
    refusal = CHECK.remedies[1].guard(flushed, finding)
    assert refusal is not None
    assert why in refusal


async def test_a_docker_that_has_only_just_started_is_left_alone(docker: DockerApi) -> None:
    young = replace(LONG_UP, since=datetime.now(timezone.utc))
    refusal = CHECK.remedies[1].guard(
        seen(docker, refused(), engine=young), Finding(CHECK.id, "redis", Status.FAIL, "")
    )
    assert refusal is not None
    assert "only just" in refusal


async def test_who_excludes_a_service_from_healing_excludes_docker_with_it(
    docker: DockerApi,
) -> None:
    flushed = seen(docker, refused(service_heal="none"))
    finding = Finding(CHECK.id, "redis", Status.FAIL, "")
    assert CHECK.remedies[1].guard(flushed, finding) == "its label tars.heal says none"


async def test_an_error_of_a_start_before_the_one_that_worked_is_none(docker: DockerApi) -> None:
    well = seen(docker, view("redis", container_error=ERROR))
    assert {it.status for it in await findings(well)} == {Status.PASS}
