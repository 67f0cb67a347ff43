"""tarsd itself, when it is not well."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue.check import Status, World
from tarsd.catalogue.daemon import CHECKS, TarsdJobs, TarsdRecords, TarsdRestarted, TarsdSlow
from tarsd.catalogue.views import DaemonView, RecordsTrouble
from tarsd.engine.runner import run
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found, the_one

STRAYS = ("tars-job-nas-trial-0f.service", "tars-job-reach-1a.service")


@pytest.fixture
def world(around: Surroundings) -> World:
    return replace(around.world(), daemon=DaemonView())


async def test_a_daemon_that_is_well(world: World) -> None:
    findings = await run(CHECKS, world)
    assert len(findings) == len(CHECKS)
    assert {it.status for it in findings} == {Status.PASS}


async def test_one_that_stood_still(world: World) -> None:
    slow = replace(world, daemon=DaemonView(late=6.2))
    finding = await the_one(TarsdSlow(), slow)
    assert finding.status is Status.WARN
    assert finding.summary == "stood still for 6.2 s within the last ten minutes"
    hurried = replace(world, daemon=DaemonView(late=4.9))
    assert (await the_one(TarsdSlow(), hurried)).status is Status.PASS


@pytest.mark.parametrize(("writable", "status"), [(False, Status.FAIL), (True, Status.WARN)])
async def test_records_that_cannot_be_written_or_were_replaced(
    world: World, writable: bool, status: Status
) -> None:
    trouble = RecordsTrouble("cannot open state.db: it is damaged", "df -h", writable)
    finding = await the_one(TarsdRecords(), replace(world, daemon=DaemonView(trouble=trouble)))
    assert finding.status is status
    assert finding.summary == trouble.message
    assert finding.fix == trouble.fix


async def test_a_job_that_cannot_be_stopped(world: World) -> None:
    one = replace(world, daemon=DaemonView(strays=STRAYS[:1]))
    assert (await the_one(TarsdJobs(), one)).summary.startswith(f"{STRAYS[0]} could not be")
    both = await the_one(TarsdJobs(), replace(world, daemon=DaemonView(strays=STRAYS)))
    assert both.status is Status.WARN
    assert both.summary.startswith(f"{STRAYS[0]} and 1 more could not be stopped")
    assert both.evidence == STRAYS


async def test_a_daemon_that_died(around: Surroundings, tmp_path: Path) -> None:
    asked: list[str] = []

    def deaths(name: str) -> int:
        asked.append(name)
        return 2

    finding = await the_one(
        TarsdRestarted(), around.with_senses(senses(tmp_path, deaths=deaths)).world()
    )
    assert asked == ["tarsd.service"]
    assert finding.status is Status.WARN
    assert finding.summary == "has died 2 times, and was started again"


async def test_who_asks_without_the_daemon_knows_nothing_of_it(around: Surroundings) -> None:
    for check in (TarsdSlow(), TarsdRecords(), TarsdJobs()):
        assert await found(check, around.world()) == []
