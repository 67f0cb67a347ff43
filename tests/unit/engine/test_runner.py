"""Checks are asked parents first; a failing parent silences its children, a broken check only itself."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.engine.runner import run
from tarsd.errors import EngineUnavailable
from tarsd.host.compose import Compose
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine


class Scripted(Check):
    """Answers as it was told; `asked` is the order in which such checks were asked."""

    asked: list[str]

    def __init__(self, name: str, *after: str, answer: Status | Exception | None) -> None:
        self.id, self.after, self._answer = name, after, answer  # type: ignore[misc]

    subject = "x"

    async def ask(self, world: World) -> Finding:
        Scripted.asked.append(self.id)
        if self._answer is None:
            await asyncio.Event().wait()
        if isinstance(self._answer, Exception):
            raise self._answer
        assert self._answer is not None
        return Finding(self.id, self.subject, self._answer, "as told")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One that no scripted check looks at."""
    compose = FakeCompose(FakeEngine(tmp_path), {})
    return World(DockerApi("/nowhere"), Compose(compose, "tars", tmp_path, "/nowhere"))


@pytest.fixture(autouse=True)
def asked() -> list[str]:
    Scripted.asked = []
    return Scripted.asked


async def statuses(world: World, *checks: Check) -> dict[str, str]:
    return {finding.id: finding.status.value for finding in await run(checks, world)}


async def test_parents_are_asked_first_whatever_the_order(world: World, asked: list[str]) -> None:
    found = await statuses(
        world,
        Scripted("app", "db", answer=Status.PASS),
        Scripted("db", "disk", answer=Status.WARN),
        Scripted("disk", answer=Status.PASS),
    )
    assert asked == ["disk", "db", "app"]
    assert found == {"disk": "pass", "db": "warn", "app": "pass"}


@pytest.mark.parametrize("parent", [Status.FAIL, Status.UNKNOWN, Status.SKIP])
async def test_one_outage_is_one_failure(world: World, asked: list[str], parent: Status) -> None:
    found = await run(
        [
            Scripted("disk", answer=parent),
            Scripted("db", "disk", answer=Status.FAIL),
            Scripted("app", "db", answer=Status.FAIL),
            Scripted("gpu", answer=Status.PASS),
        ],
        world,
    )
    assert asked == ["disk", "gpu"]
    by_id = {finding.id: finding for finding in found}
    assert by_id["db"].status is by_id["app"].status is Status.SKIP
    assert by_id["db"].summary == "waits for disk"
    assert by_id["app"].summary == "waits for db"


async def test_a_parent_that_is_not_among_them_holds_nothing_up(world: World) -> None:
    assert await statuses(world, Scripted("db", "disk", answer=Status.PASS)) == {"db": "pass"}


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (EngineUnavailable("cannot reach the Docker Engine"), "cannot reach the Docker Engine"),
        (ZeroDivisionError("oops"), "the check itself failed: ZeroDivisionError('oops')"),
        (asyncio.TimeoutError(), "no answer within 5 s"),
    ],
)
async def test_a_check_that_raises_is_unknown_and_harms_no_other(
    world: World, error: Exception, summary: str
) -> None:
    broken, well = await run(
        [Scripted("broken", answer=error), Scripted("well", answer=Status.PASS)], world
    )
    assert (broken.status, broken.summary) == (Status.UNKNOWN, summary)
    assert well.status is Status.PASS


async def test_a_check_that_hangs_is_unknown_at_its_deadline(
    world: World, clock: Callable[[], float]
) -> None:
    began = clock()
    found = await run([Scripted("hung", answer=None), Scripted("also", answer=None)], world)
    assert clock() - began == pytest.approx(5, abs=0.1), "side by side, not one after another"
    assert [finding.status for finding in found] == [Status.UNKNOWN] * 2
    assert found[0].summary == "no answer within 5 s"


@pytest.mark.parametrize("circle", [("a", "a"), ("a", "b", "a")])
async def test_checks_that_wait_for_each_other_are_a_defect(
    world: World, circle: tuple[str, ...]
) -> None:
    checks = [Scripted(name, after, answer=Status.PASS) for name, after in pairwise(circle)]
    with pytest.raises(ValueError, match="wait for each other"):
        await run(checks, world)
