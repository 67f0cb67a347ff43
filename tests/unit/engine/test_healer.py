"""Faults that are mended, that are not, that come in a storm, and whose daemon dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tarsd.catalogue.check import World
from tarsd.engine.decide import HALF_OPEN, PER_HOUR
from tarsd.engine.incident import IncidentStatus
from tests.unit.engine.clinic import Clinic, Hung, SharedHung, TellingHung
from tests.unit.engine.ward import BEGUN

STACK = ("chromadb", "ollama", "postgres", "redis", "webui")


@pytest.fixture
async def clinic(tmp_path: Path, world: World) -> AsyncIterator[Clinic]:
    made = await Clinic(tmp_path / "state.db", world).open()
    yield made
    await made.close()


async def kinds(clinic: Clinic, number: int = 1) -> list[str]:
    return [entry.kind.value for entry in await clinic.timeline(number)]


async def test_a_fault_is_mended_and_all_of_it_is_on_record(clinic: Clinic) -> None:
    clinic.fails("redis")
    await asyncio.sleep(10)
    assert [service for _, service in clinic.acts] == ["redis"]
    assert await kinds(clinic) == ["seen", "decided", "saved", "did", "verified", "resolved"]
    assert not clinic.incidents.unresolved


async def test_an_act_goes_on_until_somebody_has_looked_anew(clinic: Clinic) -> None:
    """Else the last answer of the start that it ended, cut off, would be taken for another fault."""
    clinic.fails("redis")
    await asyncio.sleep(10)
    assert clinic.acting_at_looks == [{"redis"}]
    assert not clinic.healer.acting("redis")


async def test_what_no_act_mends_is_held_and_tried_every_half_hour(clinic: Clinic) -> None:
    clinic.fails("redis", acts=None)
    await asyncio.sleep(400)
    first = [at for at, _ in clinic.acts]
    assert [round(later - earlier, -1) for earlier, later in pairwise(first)] == [10, 30, 90]
    (incident,) = clinic.incidents.unresolved
    assert (incident.status, incident.attempts) == (IncidentStatus.HELD, 4)
    await asyncio.sleep(2 * HALF_OPEN + 60)
    assert len(clinic.acts) == 6
    assert clinic.acts[4][0] - clinic.acts[3][0] == pytest.approx(HALF_OPEN, abs=5)


async def test_a_held_fault_that_ends_by_itself_is_resolved(clinic: Clinic) -> None:
    clinic.fails("redis", acts=None)
    await asyncio.sleep(400)
    clinic.sick.clear()
    await asyncio.sleep(5)
    assert not clinic.incidents.unresolved


async def test_an_act_that_is_refused_is_told_and_counts(clinic: Clinic) -> None:
    clinic.refuses = "cannot restart redis: the Engine says 'no'"
    clinic.fails("redis")
    await asyncio.sleep(5)
    (incident,) = clinic.incidents.unresolved
    assert incident.attempts == 1
    assert any("the Engine says 'no'" in entry.text for entry in await clinic.timeline())


async def test_nothing_is_done_that_cannot_be_recorded(clinic: Clinic) -> None:
    clinic.fails("redis")
    clinic.database.away = True
    await asyncio.sleep(120)
    assert not clinic.acts
    clinic.database.away = False
    await asyncio.sleep(10)
    assert len(clinic.acts) == 1


async def test_what_got_well_while_evidence_was_saved_is_left_alone(clinic: Clinic) -> None:
    clinic.saves = 5.0
    clinic.fails("redis")
    await asyncio.sleep(2)
    clinic.sick.clear()
    await asyncio.sleep(10)
    assert not clinic.acts
    assert not clinic.incidents.unresolved


async def test_a_change_takes_over_from_the_healer(clinic: Clinic) -> None:
    clinic.takes = 60.0
    clinic.fails("redis", "postgres", acts=None)
    await asyncio.sleep(3)
    assert clinic.healer.acting("redis")
    clinic.sick.pop("redis")
    clinic.healer.yield_to(["redis"])
    await asyncio.sleep(0.1)
    assert not clinic.healer.acting("redis")
    assert clinic.healer.acting("postgres")
    await asyncio.sleep(0.5)
    assert any("left off" in entry.text for entry in await clinic.timeline(2))


async def test_a_storm_costs_no_more_than_its_budget(clinic: Clinic) -> None:
    clinic.fails(*STACK, acts=None)
    await asyncio.sleep(3600)
    assert len(clinic.acts) <= PER_HOUR
    assert len(await clinic.incidents.ledger.list(count=100)) == len(STACK), "one for each cause"
    held = [it.status for it in clinic.incidents.unresolved]
    assert held == [IncidentStatus.HELD] * len(STACK)


async def test_one_cause_costs_one_act_however_many_it_hits(tmp_path: Path, world: World) -> None:
    clinic = await Clinic(tmp_path / "shared.db", world, SharedHung()).open()
    clinic.fails(*STACK)
    await asyncio.sleep(30)
    acts = await clinic.incidents.ledger.acts_since(BEGUN - timedelta(days=1))
    assert (len(acts), sum(act.counts for act in acts)) == (len(STACK), 1)
    await clinic.close()


async def test_attempts_and_holds_outlive_the_daemon(clinic: Clinic) -> None:
    clinic.fails("redis", acts=None)
    await asyncio.sleep(20)
    done = len(clinic.acts)
    for _ in range(20):
        await clinic.kill()
        await asyncio.sleep(30)
    (incident,) = clinic.incidents.unresolved
    assert (incident.status, incident.attempts) == (IncidentStatus.HELD, 4)
    assert done < len(clinic.acts) <= 4


async def test_the_owner_may_forbid_it(clinic: Clinic) -> None:
    clinic.settings = {"heal": {"mode": "suggest"}}
    clinic.fails("redis")
    await asyncio.sleep(30)
    assert not clinic.acts
    assert (await kinds(clinic)) == ["seen", "decided"], "said once"
    clinic.settings = {}
    await asyncio.sleep(5)
    assert len(clinic.acts) == 1


async def test_what_came_of_an_act_is_on_record(tmp_path: Path, world: World) -> None:
    clinic = await Clinic(tmp_path / "state.db", world, TellingHung()).open()
    clinic.fails("redis")
    await asyncio.sleep(10)
    done = [it.text for it in await clinic.timeline(1) if it.kind.value == "did"]
    assert done == ["restart redis: 1.2 GB more free"]


class SlowHung(Hung):
    """Of a cadence that is slower than anybody waits after an act."""

    every = 300.0


async def test_a_slow_check_is_asked_until_it_says_something_plain(
    tmp_path: Path, world: World
) -> None:
    """Right after an act it may only say that it cannot be asked now."""
    clinic = await Clinic(tmp_path / "state.db", world, SlowHung()).open()
    clinic.vague_until = 3
    clinic.fails("redis")
    await asyncio.sleep(45)
    assert len(clinic.acting_at_looks) == 3
    assert len(clinic.acts) == 1
    assert (await kinds(clinic))[-1] == "resolved"
    await clinic.close()
