"""The Engine and Compose, each of the kinds a person may have installed."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.docker import CHECKS, DockerDown, unsupported
from tarsd.catalogue.views import EngineView
from tarsd.engine.runner import run
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine
from tests.unit.worlds import Surroundings, the_one


@pytest.fixture
def world(around: Surroundings) -> World:
    return around.world()


async def found(world: World) -> dict[str, Finding]:
    return {finding.id: finding for finding in await run(CHECKS, world)}


async def test_a_machine_as_it_should_be(world: World) -> None:
    findings = await found(world)
    assert {finding.status for finding in findings.values()} == {Status.PASS}
    assert findings["docker.down"].summary == "Docker 26.1.5 answers"
    assert findings["docker.compose"].summary == "Compose 2.26.1"


async def test_an_engine_that_is_down_is_one_failure(world: World, engine: FakeEngine) -> None:
    await engine.stop()
    findings = await found(world)
    assert findings["docker.down"].status is Status.FAIL
    assert findings["docker.down"].fix == "systemctl status docker; sudo systemctl restart docker"
    assert findings["docker.flavour"].status is findings["docker.compose"].status is Status.SKIP


async def test_an_engine_that_we_restart_is_not_down_beside_what_it_is_restarted_for(
    world: World,
) -> None:
    """One that hangs takes longer to end than any owner's restart."""
    leaving = EngineView(status="down", leaving=True, silent=60.0, why="docker.service is stopping")
    watched = replace(world, engine=leaving)
    assert (await the_one(DockerDown(), watched)).status is Status.FAIL
    busy = replace(watched, at_work={"docker": "an act on it is under way"}.get)
    found = await the_one(DockerDown(), busy)
    assert (found.status, found.summary) == (Status.UNKNOWN, "an act on it is under way")
    well = replace(busy, engine=EngineView(answers=True, status="ok"))
    assert (await the_one(DockerDown(), well)).status is Status.PASS


async def test_an_engine_that_hangs_is_told_within_its_deadline(
    world: World, engine: FakeEngine
) -> None:
    engine.hang()
    assert "no answer" in (await found(world))["docker.down"].summary


PLAIN: Mapping[str, Any] = {"Components": [{"Name": "Engine"}]}


@pytest.mark.parametrize(
    ("info", "version", "kind"),
    [
        ({}, PLAIN, None),
        ({"SecurityOptions": None}, {"Components": None}, None),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"]}, PLAIN, None),
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, PLAIN, "rootless"),
        ({"SecurityOptions": ["name=userns"]}, PLAIN, "remapping users"),
        ({"DockerRootDir": "/var/snap/docker/common/var-lib-docker"}, PLAIN, "from a snap"),
        ({"DockerRootDir": "/srv/var/snap/x"}, PLAIN, None),
        ({}, {"Components": [{"Name": "Podman Engine"}]}, "Podman"),
    ],
)
def test_the_kinds_of_engine(
    info: Mapping[str, Any], version: Mapping[str, Any], kind: str | None
) -> None:
    said = unsupported(info, version)
    assert said is None if kind is None else said is not None and kind in said


async def test_a_kind_that_is_not_supported_fails_with_what_to_install(
    world: World, engine: FakeEngine
) -> None:
    engine.info["SecurityOptions"] = ["name=rootless"]
    finding = (await found(world))["docker.flavour"]
    assert finding.status is Status.FAIL
    assert finding.summary == "the Engine is rootless, which is not supported"
    assert finding.fix is not None
    assert "docker.io" in finding.fix


async def test_no_compose_at_all(world: World, plugin: Path) -> None:
    shutil.rmtree(plugin.parent)
    finding = (await found(world))["docker.compose"]
    assert finding.status is Status.FAIL
    assert "docker-compose-plugin" in (finding.fix or "")


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2.26.1", Status.PASS),
        ("2.17.0", Status.PASS),
        ("v2.39.4", Status.PASS),
        ("2.26.1-4", Status.PASS),
        ("2.30.0-desktop.1", Status.PASS),
        ("5.0.0", Status.PASS),
        ("2.16.9", Status.FAIL),
        ("2.9.0", Status.FAIL),
        ("1.29.2", Status.FAIL),
        ("dev", Status.FAIL),
        ("", Status.FAIL),
    ],
)
async def test_versions_of_compose(
    world: World, jobs: FakeCompose, version: str, status: Status
) -> None:
    jobs.version = version
    finding = (await found(world))["docker.compose"]
    assert finding.status is status
    assert (finding.fix is None) is (status is Status.PASS)


async def test_a_compose_that_will_not_run(world: World, jobs: FakeCompose) -> None:
    jobs.fails["version"] = "cannot execute binary file: Exec format error"
    finding = (await found(world))["docker.compose"]
    assert finding.status in (Status.FAIL, Status.UNKNOWN)
    assert "Exec format error" in finding.summary


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_explains_itself(check: Any) -> None:
    assert check.__doc__
    assert check.id.startswith("docker.")
    assert check.deadline <= 30
