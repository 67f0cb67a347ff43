"""A port that another program holds: named with its holder, and only where it is really in the way."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.ports import PortTaken
from tarsd.catalogue.views import ServiceView
from tarsd.errors import JobFailed
from tarsd.settings import Ops
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.hands import NotedServices, hands
from tests.unit.service_views import view
from tests.unit.worlds import Surroundings, found, publishes, the_one

LOCAL = {"host_ip": "127.0.0.1", "published": "6379", "target": 6379, "protocol": "tcp"}
LAN = {"host_ip": "0.0.0.0", "published": "8080", "target": 8080, "protocol": "tcp"}


def socket(address: str, port: int, **owner: Any) -> dict[str, Any]:
    """A row of the job that looks at sockets."""
    nobody = {"pid": None, "command": None, "unit": None, "container": None}
    return {"address": address, "port": port, **nobody, **owner}


NGINX = {"pid": 812, "command": "nginx", "unit": "nginx.service"}


@pytest.fixture
def world(around: Surroundings) -> World:
    return replace(around.world(), stack=publishes(redis=[LOCAL], webui=[LAN]))


def failed(findings: list[Finding]) -> list[str]:
    return [it.subject for it in findings if it.status is Status.FAIL]


async def test_free_ports_pass_one_by_one(world: World) -> None:
    findings = await found(PortTaken(), world)
    assert [(it.subject, it.summary) for it in findings] == [
        ("port 6379", "free for redis"),
        ("port 8080", "free for webui"),
    ]


async def test_the_holder_is_named_with_what_frees_the_port(
    world: World, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **NGINX)]
    _, finding = await found(PortTaken(), world)
    assert finding.summary == "held by nginx (pid 812, nginx.service); webui cannot start"
    assert finding.fix == (
        "sudo systemctl stop nginx.service, or set ports.webui in /etc/tars-home/tars-home.toml"
    )


@pytest.mark.parametrize(
    ("owner", "words", "fix"),
    [
        ({"pid": 9, "command": "nc"}, "nc (pid 9);", "sudo kill 9, or "),
        ({}, "a program that could not be told;", "sudo ss -ltnp 'sport = :8080', or "),
        ({"pid": 9}, "a program that could not be told;", "sudo kill 9, or "),
        ({"pid": 1, "command": "systemd"}, "systemd (pid 1);", "systemctl list-sockets"),
    ],
)
async def test_nothing_is_made_up_and_no_fix_ends_the_whole_machine(
    world: World, jobs: FakeCompose, owner: dict[str, Any], words: str, fix: str
) -> None:
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **owner)]
    _, finding = await found(PortTaken(), world)
    assert finding.summary.startswith(f"held by {words}")
    assert str(finding.fix).startswith(fix)


@pytest.mark.parametrize(
    ("address", "in_the_way"),
    [
        ("127.0.0.1", ["port 6379"]),
        ("0.0.0.0", ["port 6379"]),
        ("::", ["port 6379"]),
        ("::ffff:127.0.0.1", ["port 6379"]),
        ("192.168.1.10", []),
        ("127.0.0.53", []),
        ("::1", []),
        ("fe80::1%eth0", []),
    ],
)
async def test_only_an_address_that_meets_ours_is_in_the_way(
    world: World, jobs: FakeCompose, address: str, in_the_way: list[str]
) -> None:
    jobs.own["listeners"] = [socket(address, 6379, **NGINX)]
    assert failed(await found(PortTaken(), world)) == in_the_way


async def test_a_port_for_the_lan_meets_every_address_of_its_kind(
    world: World, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("192.168.1.10", 8080, **NGINX)]
    assert failed(await found(PortTaken(), world)) == ["port 8080"]


def publishing(service: str, project: str, port: int, name: str = "") -> FakeContainer:
    ports = {f"{port}/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(port)}]}
    return FakeContainer(service, project=project, ports=ports, name=name)


PROXY = {"pid": 70, "command": "docker-proxy", "unit": "docker.service"}


async def test_what_our_own_containers_hold_is_theirs(
    world: World, jobs: FakeCompose, engine: FakeEngine
) -> None:
    engine.add(publishing("webui", "tars", 8080))
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **PROXY)]
    assert failed(await found(PortTaken(), world)) == []


@pytest.mark.parametrize("proxy", [True, False], ids=["proxy", "firewall only"])
async def test_another_projects_container_is_named_whether_docker_runs_a_proxy_or_not(
    world: World, jobs: FakeCompose, engine: FakeEngine, proxy: bool
) -> None:
    engine.add(publishing("web", "blog", 8080, "blog"))
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **PROXY)] if proxy else []
    _, finding = await found(PortTaken(), world)
    assert finding.summary == "held by container blog; webui cannot start"
    assert str(finding.fix).startswith("docker stop blog, or ")


async def test_what_docker_holds_for_nobody_is_freed_by_a_restart_of_docker(
    world: World, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **PROXY)]
    _, finding = await found(PortTaken(), world)
    assert finding.summary == "held by Docker, for a container that is gone; webui cannot start"
    assert str(finding.fix).startswith("sudo systemctl restart docker, or ")


async def test_a_container_on_the_machines_own_network_is_named(
    world: World, jobs: FakeCompose, engine: FakeEngine
) -> None:
    web = engine.add(FakeContainer("web", project="blog", name="blog"))
    owner = {"pid": 9, "command": "nginx", "container": web.id}
    jobs.own["listeners"] = [socket("0.0.0.0", 8080, **owner)]
    _, finding = await found(PortTaken(), world)
    assert finding.summary == "held by container blog; webui cannot start"


async def test_two_services_that_want_one_port(around: Surroundings) -> None:
    both = publishes(mine=[LAN], webui=[LAN])
    mine, webui = await found(PortTaken(), replace(around.world(), stack=both))
    assert mine.status is webui.status is Status.FAIL
    assert mine.summary == "wanted by both mine and webui"
    assert "publish another for mine in" in str(mine.fix)
    assert "set ports.webui in" in str(webui.fix)


@pytest.mark.parametrize("published", ["", "0", "8000-8010"])
async def test_ports_that_the_engine_chooses_are_not_asked_about(
    around: Surroundings, published: str
) -> None:
    stack = publishes(mine=[{**LAN, "published": published}], dns=[{**LAN, "protocol": "udp"}])
    assert await found(PortTaken(), replace(around.world(), stack=stack)) == []


async def test_extra_ports_must_be_free_too(around: Surroundings, jobs: FakeCompose) -> None:
    jobs.own["listeners"] = [socket("192.168.1.10", 9000, **NGINX)]
    settings = around.world(ports={"extra": [9000, 9001]})
    taken, free = await found(PortTaken(), replace(settings, stack=publishes()))
    assert taken.summary == "held by nginx (pid 812, nginx.service)"
    assert "take 9000 out of ports.extra" in str(taken.fix)
    assert free.status is Status.PASS


async def test_sockets_that_cannot_be_seen_refuse_an_install(
    world: World, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = JobFailed("cannot finish tarsd job listeners: it ran past its 10 s")
    finding = await the_one(PortTaken(), world)
    assert finding.status is Status.UNKNOWN
    assert PortTaken.vital


TAKEN = "driver failed programming external connectivity: listen tcp4 127.0.0.1:6379: bind: address already in use"


def installed(around: Surroundings, *views: ServiceView) -> World:
    """A stack that the monitor watches: nothing is rendered for it."""
    return replace(around.world(), services=views, stack=unasked)


async def unasked() -> dict[str, Any]:
    raise AssertionError("Compose is asked for what the monitor knows")


async def test_what_runs_has_its_port_and_nobody_is_asked(
    around: Surroundings, jobs: FakeCompose
) -> None:
    (finding,) = await found(PortTaken(), installed(around, view("redis")))
    assert (finding.status, finding.subject) == (Status.PASS, "port 6379")
    assert jobs.jobs == []


async def test_who_took_the_port_of_a_service_that_could_not_start_is_named(
    around: Surroundings, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("127.0.0.1", 6379, **NGINX)]
    stopped = view("redis", container_state="exited", container_error=TAKEN)
    world = installed(around, stopped)
    (finding,) = await found(PortTaken(), world)
    assert finding.status is Status.FAIL
    assert finding.summary == "held by nginx (pid 812, nginx.service); redis cannot start"
    jobs.own["listeners"] = []
    (finding,) = await found(PortTaken(), world)
    assert (finding.status, finding.summary) == (Status.PASS, "free for redis")


async def test_a_port_that_docker_opens_for_a_service_that_is_being_started_is_its_own(
    around: Surroundings, jobs: FakeCompose, engine: FakeEngine
) -> None:
    """Docker opens it before it tells that the container runs."""
    jobs.own["listeners"] = [socket("127.0.0.1", 6379, **PROXY)]
    world = installed(around, view("redis", container_state="exited"))
    (left,) = await found(PortTaken(), world)
    assert left.summary == "held by Docker, for a container that is gone; redis cannot start"
    ports = {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "6379"}]}
    started = FakeContainer("redis", project="tars", ports=ports)
    asyncio.get_running_loop().call_later(1, engine.add, started)
    (finding,) = await found(PortTaken(), world)
    assert finding.status is Status.PASS, finding


async def test_who_took_the_port_of_a_service_that_was_killed_is_named_before_a_start_is_tried(
    around: Surroundings, jobs: FakeCompose
) -> None:
    """Or its end would be one incident, and the port another."""
    jobs.own["listeners"] = [socket("127.0.0.1", 6379, **NGINX)]
    killed = view("redis", container_state="exited", container_exit_code=137)
    (finding,) = await found(PortTaken(), installed(around, killed))
    assert finding.summary == "held by nginx (pid 812, nginx.service); redis cannot start"


async def test_while_it_is_not_known_whose_stop_it_was_nobody_is_blamed_for_its_port(
    around: Surroundings, jobs: FakeCompose
) -> None:
    """Its owner may have stopped it to put something else there."""
    jobs.own["listeners"] = [socket("127.0.0.1", 6379, **NGINX)]
    stopped = view("redis", container_state="exited", busy="known in a moment")
    (finding,) = await found(PortTaken(), installed(around, stopped))
    assert (finding.status, finding.subject) == (Status.SKIP, "port 6379")
    assert jobs.jobs == []


async def test_a_port_that_was_freed_is_not_over_before_its_service_runs(
    around: Surroundings, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("127.0.0.1", 6379, **NGINX)]
    world = installed(around, view("redis", container_state="exited", container_error=TAKEN))
    (taken,) = await found(PortTaken(), world)
    (remedy,) = PortTaken.remedies
    assert not remedy.fits(world, taken)
    jobs.own["listeners"] = []
    for known in (taken, replace(taken, evidence=("redis",))):
        world = replace(world, known=[known])
        (freed,) = await found(PortTaken(), world)
        assert (freed.status, freed.fix) == (Status.FAIL, "tarsctl start redis")
        assert freed.summary == "is free again, and redis does not run yet"
    assert remedy.fits(world, freed)
    assert remedy.guard(world, freed) is None
    assert remedy.words(freed) == "start redis"
    noted = NotedServices()
    await remedy.do(hands(services=noted), freed)
    assert noted.done == ["start redis"]
    heal = world.settings.heal.model_copy(update={"services": {"redis": "off"}})
    left = replace(world, settings=world.settings.model_copy(update={"heal": heal}))
    assert remedy.guard(left, freed) == "[heal] is off for redis"
    (over,) = await found(PortTaken(), replace(world, services=(view("redis"),)))
    assert over.status is Status.PASS


@pytest.mark.parametrize(
    "facts",
    [
        {"container_state": "restarting"},
        {"container_state": "exited", "container_error": TAKEN, "wanted": "stopped"},
        {"container": None},
    ],
    ids=["Docker starts it again", "not wanted", "no container"],
)
async def test_nobody_else_is_looked_for_without_need(
    around: Surroundings, jobs: FakeCompose, facts: dict[str, Any]
) -> None:
    (finding,) = await found(PortTaken(), installed(around, view("redis", **facts)))
    assert (finding.status, finding.subject) == (Status.PASS, "ports")
    assert jobs.jobs == []


async def test_the_port_of_the_status_page_is_asked_where_it_is_to_listen(
    world: World, jobs: FakeCompose
) -> None:
    jobs.own["listeners"] = [socket("0.0.0.0", 8443, **NGINX)]
    assert failed(await found(PortTaken(), world)) == []
    asked = replace(world, settings=world.settings.model_copy(update={"ops": Ops(mode="lan")}))
    *_, finding = await found(PortTaken(), asked)
    assert finding.summary == "held by nginx (pid 812, nginx.service); the status page cannot start"
    assert finding.fix == (
        "sudo systemctl stop nginx.service, or set ops.port in /etc/tars-home/tars-home.toml"
    )
    jobs.own["listeners"] = [socket("0.0.0.0", 8443, pid=7, command="tarsd", unit="tarsd.service")]
    assert failed(await found(PortTaken(), asked)) == [], "it has it already"
