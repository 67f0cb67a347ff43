"""A service has ended, and why it does not come back is known a moment later: one outage, one incident, the better name."""

import asyncio
from pathlib import Path

import pytest

from tarsd.catalogue.check import Answer, Check, Finding, Status, World
from tarsd.engine.incident import IncidentStatus
from tarsd.engine.incident_life import MOST_RETURNS
from tarsd.engine.incidents import Changes
from tarsd.errors import IncidentOver, TarsError
from tests.unit.engine.clinic import Clinic, Restart
from tests.unit.engine.ward import Ward

ENDED, FLUSHED, LOOP = "service.exited", "docker.firewall-flushed", "service.crash-loop"


async def take(ward: Ward, fault: str, summary: str = "as told") -> Changes:
    """What a round finds of Redis, whose faults come one at a time."""
    other = ENDED if fault != ENDED else FLUSHED
    findings = [
        Finding(fault, "redis", Status.FAIL, summary, f"mend {fault}"),
        Finding(other, "redis", Status.SKIP, f"waits for {fault}"),
    ]
    return await ward.incidents.take(findings)


async def passes(ward: Ward) -> None:
    await ward.incidents.take(
        [Finding(name, "redis", Status.PASS, "works") for name in (ENDED, FLUSHED, LOOP)]
    )


async def faults(ward: Ward) -> list[tuple[int, str, str]]:
    """On disk, oldest first."""
    found = await ward.ledger.list(count=100)
    return [(it.id, it.fault, it.status.value) for it in reversed(found)]


async def test_it_goes_on_under_the_better_name(ward: Ward) -> None:
    await take(ward, ENDED, "ended with status 137")
    changes = await take(ward, FLUSHED, "Docker's firewall rules are gone")
    assert (changes.opened, [it.fault for it in changes.still]) == ([], [FLUSHED])
    (incident,) = ward.incidents.unresolved
    assert (incident.id, incident.summary, incident.fix) == (
        1,
        "Docker's firewall rules are gone",
        f"mend {FLUSHED}",
    )
    assert await ward.row() == incident
    await passes(ward)
    assert await faults(ward) == [(1, FLUSHED, "resolved")]
    assert await ward.told() == [
        "seen: ended with status 137",
        f"seen: Docker's firewall rules are gone (so far {ENDED}, by now {FLUSHED})",
        "resolved: works",
    ]
    assert ward.log.events() == ["incident.opened", "incident.renamed", "incident.resolved"]


async def test_under_that_name_it_is_tried_from_the_first_attempt_on(ward: Ward) -> None:
    (ended,) = (await take(ward, ENDED)).opened
    await ward.incidents.begin(ended, "service.start", "start redis", counts=True)
    await ward.incidents.verified(ended, "no", 1.0, again_in=90.0)
    await take(ward, FLUSHED)
    (incident,) = ward.incidents.unresolved
    assert (incident.attempts, incident.next_try) == (0, None)
    assert ward.incidents.waits(incident) == 0
    with pytest.raises(IncidentOver):
        await ward.incidents.begin(ended, "service.start", "start redis", counts=True)


@pytest.mark.parametrize("fault", ["service.hung", "service.unhealthy", "disk.full"])
async def test_what_does_not_say_why_it_ended_is_a_fault_of_its_own(ward: Ward, fault: str) -> None:
    await take(ward, ENDED)
    await take(ward, fault)
    assert [it.fault for it in ward.incidents.unresolved] == [ENDED, fault]


async def test_of_another_service_it_is_a_fault_of_its_own(ward: Ward) -> None:
    await take(ward, ENDED)
    await ward.incidents.take([Finding(FLUSHED, "postgres", Status.FAIL, "")])
    assert len(ward.incidents.unresolved) == 2


async def test_one_that_is_held_stays_what_it_is(ward: Ward) -> None:
    """Its owner was told that nothing helps against it."""
    (ended,) = (await take(ward, ENDED)).opened
    await ward.incidents.hold(ended, "4 acts did not help", 1800)
    await take(ward, FLUSHED)
    assert [it.fault for it in ward.incidents.unresolved] == [ENDED, FLUSHED]


async def test_what_its_owner_has_closed_stays_closed(ward: Ward) -> None:
    (loop,) = (await take(ward, LOOP)).opened
    await ward.owner.resolve(loop.id)
    await take(ward, ENDED)
    await take(ward, LOOP)
    assert [it.fault for it in ward.incidents.unresolved] == [ENDED]


async def test_what_comes_back_again_and_again_keeps_its_attempts_and_flaps(ward: Ward) -> None:
    for number in range(MOST_RETURNS + 2):
        await take(ward, ENDED)
        await take(ward, LOOP)
        (incident,) = ward.incidents.unresolved
        assert (incident.attempts, incident.reopened) == (number, number)
        await ward.incidents.begin(incident, "service.start", "start redis", counts=True)
        ward.later(30)
        await passes(ward)
        ward.later(30)
    (incident,) = ward.incidents.unresolved
    assert incident.severity == "warn", "it passes, and is not believed at once"


async def test_a_write_that_nobody_saw_end_is_done_once(ward: Ward) -> None:
    await take(ward, ENDED)
    ward.database.refuses = ["unsettled"]
    await take(ward, FLUSHED)
    ward.later(60)
    await take(ward, FLUSHED)
    assert await faults(ward) == [(1, FLUSHED, "open")]
    assert len(await ward.told()) == 2


async def test_on_a_disk_that_is_away_memory_goes_on_and_the_disk_follows(ward: Ward) -> None:
    ward.database.away = True
    await take(ward, ENDED)
    await take(ward, FLUSHED)
    assert [it.fault for it in ward.incidents.unresolved] == [FLUSHED]
    ward.database.away = False
    ward.later(60)
    await take(ward, FLUSHED)
    assert await faults(ward) == [(1, FLUSHED, "open")]
    assert (await ward.row()).summary == ward.incidents.unresolved[0].summary


async def test_another_daemon_renames_what_the_one_before_has_opened(ward: Ward) -> None:
    await take(ward, ENDED)
    await ward.restart()
    await take(ward, FLUSHED)
    await ward.restart()
    await take(ward, FLUSHED)
    assert await faults(ward) == [(1, FLUSHED, "open")]


async def test_an_older_copy_of_the_records_is_put_right(ward: Ward) -> None:
    await take(ward, ENDED)
    await ward.database.keep_good_copy()
    await take(ward, FLUSHED)
    ward.path.unlink()
    await ward.database.open()
    await take(ward, FLUSHED)
    assert await faults(ward) == [(1, FLUSHED, "open")]
    assert [it.status for it in ward.incidents.unresolved] == [IncidentStatus.OPEN]


class Ended(Check):
    """Mended by an act, or known better after it."""

    id = ENDED
    subject = "service"
    remedies = (Restart(),)

    async def ask(self, world: World) -> Answer:
        return []


class Flushed(Ended):
    """What it was."""

    id = FLUSHED


class Learning(Clinic):
    """Its first act, which the Engine refuses or not, shows what the fault is."""

    refused = True

    async def restart(self, service: str, *, hung: bool) -> None:
        if self.acts:
            await super().restart(service, hung=hung)
            return
        self.acts.append((self.second, service))
        self.check = Flushed()
        if self.refused:
            raise TarsError("cannot start redis: No chain/target/match by that name")


@pytest.mark.parametrize("refused", [True, False])
async def test_the_healer_goes_on_with_what_it_is(
    tmp_path: Path, world: World, refused: bool
) -> None:
    """And does not wait for a word of what it no longer is."""
    clinic = Learning(tmp_path / "state.db", world, Ended())
    clinic.refused = refused
    await clinic.open()
    clinic.fails("redis")
    await asyncio.sleep(15)
    assert len(clinic.acts) == 2, "the second one helps"
    assert not clinic.incidents.unresolved
    (incident,) = await clinic.incidents.ledger.list()
    assert (incident.fault, incident.status) == (FLUSHED, IncidentStatus.RESOLVED)
    told = [entry.kind.value for entry in await clinic.timeline()]
    assert told.count("did") == 2
    assert told[-2:] == ["verified", "resolved"]
    await clinic.close()


async def test_what_gets_well_under_its_better_name_is_the_healers_to_tell(
    tmp_path: Path, world: World
) -> None:
    """The act on what had only ended has helped: nobody waits for more."""

    class Late(Clinic):
        async def look_anew(self, check: str) -> None:
            self.check = Flushed()
            await super().look_anew(check)

        def renamed(self) -> bool:
            return any(it.fault == FLUSHED for it in self.incidents.unresolved)

        async def restart(self, service: str, *, hung: bool) -> None:
            self.acts.append((self.second, service))
            self.check = Flushed()
            await asyncio.sleep(2)  # a round sees it meanwhile
            assert self.renamed()
            self.sick.clear()

    clinic = await Late(tmp_path / "state.db", world, Ended()).open()
    clinic.fails("redis")
    await asyncio.sleep(10)
    assert not clinic.incidents.unresolved
    assert not clinic.healer.mending
    assert [entry.kind.value for entry in await clinic.timeline()][-2:] == ["verified", "resolved"]
    await clinic.close()
