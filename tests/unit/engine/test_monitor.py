"""Rounds: what is asked, what becomes of its findings, and what a round without an Engine leaves alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from tarsd.catalogue.check import Answer, Check, World
from tarsd.catalogue.docker import WATCHED
from tarsd.catalogue.services import CHECKS
from tarsd.catalogue.views import Answers, EngineView, ServiceView
from tarsd.changes.hiding import Hiding
from tarsd.engine.decide import Case
from tarsd.engine.healer import Healer
from tarsd.engine.metered import Costs
from tarsd.engine.monitor import Monitor
from tarsd.engine.passes import utc_now
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.truth import Truth
from tarsd.engine.views import Views
from tests.unit.engine.ward import Ward
from tests.unit.log import Log
from tests.unit.service_views import fails, view

WELL = EngineView(answers=True, status="ok")


class Seldom(Check):
    """A dear question: once in ten minutes."""

    id = "disk.seldom"
    subject = "disk"
    every = 600.0
    asked = 0
    full = False

    async def ask(self, world: World) -> Answer:
        self.asked += 1
        return self.fail("full") if self.full else self.passed("well")


class Rounds:
    """A monitor whose surroundings a test writes down: `views` are None where the Engine cannot be asked."""

    def __init__(self, ward: Ward, world: World, *more: Check) -> None:
        self.ward = ward
        self.views: Sequence[ServiceView] | None = ()
        self.engine = WELL
        self.cases: Sequence[Case] = ()
        self.followed: list[int | None] = []
        self.changing = False
        self.mending: frozenset[tuple[str, str]] = frozenset()
        self.seldom = Seldom()
        self.monitor = Monitor(
            (*WATCHED, *CHECKS, self.seldom, *more),
            cast("Truth", self),
            cast("Views", self),
            lambda: world,
            ward.incidents,
            cast("Healer", self),
            lambda views: self.followed.append(None if views is None else len(views)),
            Hiding(lambda: lambda text: text.replace("hunter2", "[secret]")),
            lambda: self.changing,
            Costs(),
            Log().logger,
        )

    @property
    def snapshot(self) -> Snapshot:
        at = asyncio.get_running_loop().time()
        return Snapshot(at, utc_now(), self.engine, None if self.views is None else {})

    async def build(self, _: Snapshot) -> Sequence[ServiceView]:
        return self.views or ()

    async def consider(self, cases: Sequence[Case]) -> None:
        self.cases = cases

    async def see(self, *views: ServiceView) -> list[str]:
        """A round with these services; returns what is unresolved after it."""
        self.views = views
        await self.monitor.round()
        return self.unresolved

    @property
    def unresolved(self) -> list[str]:
        return [f"{it.fault} {it.subject}" for it in self.ward.incidents.unresolved]


@pytest.fixture
def rounds(ward: Ward, world: World) -> Rounds:
    return Rounds(ward, world)


HUNG = view("redis", answers=fails("silent"))


async def test_a_stack_that_is_well_has_no_incident(rounds: Rounds) -> None:
    assert await rounds.see(view("redis"), view("ollama")) == []
    assert rounds.followed == [2]


async def test_a_fault_is_an_incident_and_a_case(rounds: Rounds) -> None:
    assert await rounds.see(HUNG) == ["service.hung redis"]
    assert [case.finding.summary for case in rounds.cases] == ["hangs: it says silent"]
    assert await rounds.see(view("redis")) == []


async def test_what_its_owner_stops_is_no_fault_any_more(rounds: Rounds) -> None:
    await rounds.see(HUNG)
    assert await rounds.see(replace(HUNG, wanted="stopped")) == []
    assert "not asked about any more" in (await rounds.ward.told())[-1]


async def test_what_leaves_the_stack_takes_its_faults_along(rounds: Rounds) -> None:
    await rounds.see(HUNG, view("ollama"))
    assert await rounds.see(view("ollama")) == []


async def test_a_change_at_work_neither_opens_nor_resolves(rounds: Rounds) -> None:
    busy: dict[str, Any] = {"busy": "change 17 (restart redis) is at work"}
    assert await rounds.see(replace(HUNG, **busy)) == []
    await rounds.see(HUNG)
    assert await rounds.see(replace(view("redis"), **busy)) == ["service.hung redis"]


async def test_without_an_engine_nothing_is_known_of_services(rounds: Rounds) -> None:
    await rounds.see(HUNG)
    rounds.views, rounds.engine = None, EngineView(status="unsupported", why="too old")
    await rounds.monitor.round()
    assert rounds.unresolved == ["service.hung redis"], "neither mended nor gone"
    assert rounds.cases == [], "and nothing is done about it"
    assert rounds.followed[-1] is None


async def test_a_dead_engine_is_one_fault_and_hides_those_of_services(rounds: Rounds) -> None:
    rounds.views, rounds.engine = None, EngineView(status="down", why="connection refused")
    await rounds.monitor.round()
    assert rounds.unresolved == ["docker.down docker"]


async def test_what_the_healer_verifies_is_resolved_by_the_healer(rounds: Rounds) -> None:
    await rounds.see(HUNG)
    rounds.mending = frozenset({("service.hung", "redis")})
    assert await rounds.see(view("redis")) == ["service.hung redis"]
    rounds.mending = frozenset()
    assert await rounds.see(view("redis")) == []


async def test_what_needs_a_failing_service_is_no_incident_of_its_own(rounds: Rounds) -> None:
    web = view("webui", answers=fails("sick"), service_after=frozenset({"redis"}))
    assert await rounds.see(HUNG, web) == ["service.hung redis"]


async def test_dear_questions_are_asked_on_their_own_cadence(rounds: Rounds) -> None:
    running = asyncio.create_task(rounds.monitor.run())
    await asyncio.sleep(60)
    assert rounds.seldom.asked == 1
    await asyncio.sleep(700)
    assert rounds.seldom.asked == 2
    running.cancel()
    await asyncio.wait([running])


async def test_nothing_is_asked_in_a_world_whose_services_nobody_knows_yet(rounds: Rounds) -> None:
    """A new Engine triggers questions before the first round: of no service they would end what is open of one."""
    running = asyncio.create_task(rounds.monitor.run())
    rounds.monitor.ask("disk.seldom")
    await asyncio.sleep(10)
    assert rounds.seldom.asked == 0
    rounds.monitor.stir()
    await asyncio.sleep(3)
    assert rounds.seldom.asked == 1
    running.cancel()
    await asyncio.wait([running])


async def test_the_answer_of_a_dear_question_is_an_incident_until_it_passes(rounds: Rounds) -> None:
    rounds.seldom.full = True
    running = asyncio.create_task(rounds.monitor.run())
    await asyncio.sleep(60)
    assert rounds.unresolved == ["disk.seldom disk"]
    rounds.seldom.full = False
    rounds.monitor.ask("disk.seldom")
    await asyncio.sleep(2)
    assert rounds.unresolved == []
    running.cancel()
    await asyncio.wait([running])


async def test_a_service_that_has_not_been_asked_yet_is_neither_well_nor_ill(
    rounds: Rounds,
) -> None:
    assert await rounds.see(view("redis", answers=Answers())) == []
    assert {it.status.value for it in rounds.monitor.latest.values()} <= {"pass", "unknown"}


async def test_a_round_is_had_when_something_stirs(rounds: Rounds) -> None:
    rounds.views = (HUNG,)
    running = asyncio.create_task(rounds.monitor.run())
    rounds.monitor.stir()
    await asyncio.sleep(1)
    assert rounds.unresolved == ["service.hung redis"]
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_what_a_service_says_is_recorded_without_secrets(rounds: Rounds) -> None:
    """It is on disk, in the journal and in status from here on."""
    said = fails("denied", reason="WRONGPASS hunter2")
    await rounds.see(view("redis", answers=said))
    assert [it.summary for it in rounds.ward.incidents.unresolved] == ["WRONGPASS [secret]"]
    fault = rounds.monitor.fault("redis")
    assert fault is not None
    assert fault.summary == "WRONGPASS [secret]"
    assert rounds.monitor.fault("ollama") is None


async def test_the_services_of_the_last_round_are_known(rounds: Rounds) -> None:
    assert rounds.monitor.services is None
    await rounds.see(HUNG)
    assert [it.name for it in rounds.monitor.services or ()] == ["redis"]


class Full(Seldom):
    """Asked before a new fault of a service is told, whenever its own turn is."""

    id = "disk.full"
    explains = True

    async def ask(self, world: World) -> Answer:
        self.asked += 1
        return self.fail("full", subject="/data") if self.full else self.passed("room")


@pytest.fixture
def full_disk(ward: Ward, world: World) -> Rounds:
    """A machine whose disk is full, which nobody has seen yet."""
    disk = Full()
    disk.full = True
    made = Rounds(ward, world, disk)
    made.seldom = disk
    made.engine = replace(WELL, docker_root="/data")
    return made


async def test_a_full_disk_is_one_incident_whatever_suffers_from_it(full_disk: Rounds) -> None:
    assert await full_disk.see(HUNG, view("postgres", container_state="exited")) == [
        "disk.full /data"
    ]
    assert [case.finding.id for case in full_disk.cases] == ["disk.full"]
    assert {it.id for it in full_disk.cases[0].world.known} >= {"disk.full", "docker.down"}


async def test_what_may_explain_a_fault_is_asked_for_a_new_one_only(full_disk: Rounds) -> None:
    full_disk.seldom.full = False
    await full_disk.see(view("redis"))
    assert full_disk.seldom.asked == 0
    assert await full_disk.see(HUNG) == ["service.hung redis"]
    assert await full_disk.see(HUNG) == ["service.hung redis"]
    assert full_disk.seldom.asked == 1
