"""The registries of missing images, and nothing else on the network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tarsd.catalogue.check import Asked, Finding, Status, World
from tarsd.catalogue.network import CHECKS, registry
from tarsd.engine.runner import run
from tarsd.errors import JobFailed
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine
from tests.unit.worlds import Surroundings

HUB = "registry-1.docker.io"
Rows = list[dict[str, str | None]]


def network(down: dict[str, str], asked: list[Any]) -> Callable[[list[Any]], Rows]:
    """Everything answers but the hosts that are down, each `unresolved` or `unreached`."""

    def answer(places: list[Any]) -> Rows:
        asked.extend(f"{host}:{port}" for host, port in places)
        return [
            {
                "unresolved": "Name or service not known" if down.get(host) == "dns" else None,
                "unreached": "connection refused" if down.get(host) == "tcp" else None,
            }
            for host, _ in places
        ]

    return answer


async def ask(
    world: World, jobs: FakeCompose, *images: str, **down: str
) -> tuple[list[Finding], list[str]]:
    """The findings for a stack of these images, and the places that were asked."""

    async def stack() -> dict[str, Any]:
        return {"services": {it: {"image": it} for it in images}}

    asked: list[str] = []
    hosts = {host.replace("_", "."): how for host, how in down.items()}
    hosts |= {HUB: hosts.pop("hub")} if "hub" in hosts else {}
    jobs.own["reach"] = network(hosts, asked)
    return await run(CHECKS, replace(world, stack=stack)), asked


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("redis:8", "docker.io"),
        ("chromadb/chroma:1", "docker.io"),
        ("ghcr.io/open-webui/open-webui:v1", "ghcr.io"),
        ("registry.lan:5000/x:1", "registry.lan:5000"),
        ("localhost/x", "localhost"),
        ("redis@sha256:00", "docker.io"),
    ],
)
def test_registries_of_references(reference: str, name: str) -> None:
    assert registry(reference) == name


async def test_each_registry_is_asked_once(around: Surroundings, jobs: FakeCompose) -> None:
    findings, asked = await ask(around.world(), jobs, "redis:8", "postgres:17", "ghcr.io/x/y:1")
    assert sorted(asked) == ["ghcr.io:443", f"{HUB}:443"]
    assert {it.status for it in findings} == {Status.PASS}
    assert [it.subject for it in findings] == ["ghcr.io", "docker.io"] * 2


async def test_a_name_that_does_not_resolve_is_one_failure(
    around: Surroundings, jobs: FakeCompose
) -> None:
    (dns, reached), _ = await ask(around.world(), jobs, "redis:8", hub="dns")
    assert dns.status is Status.FAIL
    assert dns.summary == f"cannot resolve {HUB} (Name or service not known)"
    assert "--image-archive" in str(dns.fix)
    assert reached.status is Status.SKIP


async def test_a_registry_that_does_not_answer(around: Surroundings, jobs: FakeCompose) -> None:
    (dns, reached), _ = await ask(around.world(), jobs, "ghcr.io/x/y:1", ghcr_io="tcp")
    assert dns.status is Status.PASS
    assert reached.status is Status.FAIL
    assert reached.summary == "cannot reach ghcr.io:443: connection refused"


async def test_images_that_are_here_need_no_registry(
    around: Surroundings, jobs: FakeCompose, engine: FakeEngine
) -> None:
    engine.images["redis:8"] = {"Id": "sha256:1"}
    findings, asked = await ask(around.world(), jobs, "redis:8", hub="dns")
    assert {it.status for it in findings} == {Status.PASS}
    assert asked == []


async def test_an_archive_needs_no_registry(around: Surroundings, jobs: FakeCompose) -> None:
    assert await ask(around.world(Asked(pull=False)), jobs, "redis:8", hub="dns") == ([], [])


async def test_a_mirror_that_answers_is_enough(
    around: Surroundings, jobs: FakeCompose, engine: FakeEngine
) -> None:
    engine.info["RegistryConfig"] = {"Mirrors": ["http://127.0.0.1:5000/"]}
    findings, asked = await ask(around.world(), jobs, "redis:8", hub="dns")
    assert {it.status for it in findings} == {Status.PASS}
    assert "127.0.0.1:5000" in asked
    assert findings[1].summary == "127.0.0.1:5000 answers"


async def test_a_mirror_is_for_dockers_own_registry_only(
    around: Surroundings, jobs: FakeCompose, engine: FakeEngine
) -> None:
    engine.info["RegistryConfig"] = {"Mirrors": ["http://127.0.0.1:5000/"]}
    (_, reached), asked = await ask(around.world(), jobs, "ghcr.io/x/y:1", ghcr_io="tcp")
    assert asked == ["ghcr.io:443"]
    assert reached.status is Status.FAIL


async def test_an_engine_behind_a_proxy_is_asked_about_the_proxy(
    around: Surroundings, jobs: FakeCompose, engine: FakeEngine
) -> None:
    engine.info["HttpsProxy"] = "http://proxy.lan:3128"
    (_, reached), asked = await ask(around.world(), jobs, "redis:8", hub="dns")
    assert asked == ["proxy.lan:3128"]
    assert reached.status is Status.PASS


async def test_a_resolver_that_hangs_leaves_it_unknown(
    around: Surroundings, jobs: FakeCompose
) -> None:
    async def stack() -> dict[str, Any]:
        return {"services": {"redis": {"image": "redis:8"}}}

    jobs.own["reach"] = JobFailed("cannot finish tarsd job reach: it ran past its 15 s")
    dns, reached = await run(CHECKS, replace(around.world(), stack=stack))
    assert (dns.status, reached.status) == (Status.UNKNOWN, Status.SKIP)
