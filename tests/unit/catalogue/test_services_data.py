"""Databases that cannot use their data, told by their own last words: once, held, and nothing is removed."""

from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.data_remedies import RepairAof, StartWithRoom, StopAndKeep
from tarsd.catalogue.remedy import Kind
from tarsd.catalogue.service_remedies import StopLoop
from tarsd.catalogue.services_data import (
    PostgresDiskFull,
    PostgresLayout,
    PostgresMajor,
    RedisAofCorrupt,
)
from tarsd.catalogue.views import Answers, ServiceView
from tests.unit.hands import NotedData, NotedServices, hands
from tests.unit.service_views import ends, fails, fault, findings, told, view, world

AOF = (
    "1:M 25 Nov 2026 09:00:00.000 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a "
    "backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>"
)
MAJOR = (
    "2026-11-25 09:00:00.000 UTC [1] FATAL:  database files are incompatible with server",
    "2026-11-25 09:00:00.000 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 16, which is not "
    "compatible with this version 17.6 (Debian 17.6-1.pgdg13+1).",
)
LAYOUT = "Error: in 18+, these Docker images are configured to store database data in a format which is compatible with"
FULL = '2026-11-25 09:00:00.000 UTC [29] PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device'


def ended(name: str, *words: str, **facts: Any) -> ServiceView:
    """One that has ended with such words; Docker starts it again and again."""
    role = {"redis": "cache", "postgres": "db"}[name]
    usual: dict[str, Any] = {
        "service_role": role,
        "container_state": "restarting",
        "container_exit_code": 1,
        "answers": Answers(),
        "age": None,
        "exits": ends(40, 20, 0),
        "words": words,
    }
    return view(name, **{**usual, **facts})


async def test_redis_that_cannot_read_its_file_is_no_crash_loop() -> None:
    found = await fault(ended("redis", AOF))
    assert (found.id, found.status) == ("redis.aof-corrupt", Status.FAIL)
    assert "doctor --fix --only redis.aof-corrupt" in str(found.fix)


async def test_another_major() -> None:
    found = await fault(ended("postgres", *MAJOR))
    assert found.id == "postgres.major-mismatch"
    assert found.summary == "is PostgreSQL 17, and its data is of PostgreSQL 16"
    assert "set its image back to postgres:16" in str(found.fix)


async def test_another_major_without_the_detail() -> None:
    assert (await fault(ended("postgres", MAJOR[0]))).id == "postgres.major-mismatch"


async def test_eighteen_on_the_mount_of_seventeen() -> None:
    assert (await fault(ended("postgres", LAYOUT))).id == "postgres.18-layout"


@pytest.mark.parametrize(
    "words",
    [
        FULL,
        'UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left on device',
    ],
)
async def test_a_full_disk(words: str) -> None:
    found = await fault(ended("postgres", "starting", words, "shutting down"))
    assert (found.id, found.summary) == ("postgres.disk-full", "ended since its disk is full")


async def test_a_full_disk_under_one_that_runs() -> None:
    """It could do nothing but refuse everybody, and a restart would make it worse."""
    reason = "it says 'could not write init file: No space left on device'"
    found = await fault(
        view("postgres", service_role="db", answers=fails("sick", 2, reason=reason))
    )
    assert (found.id, found.summary) == (
        "postgres.disk-full",
        "lets nobody in since its disk is full",
    )
    (remedy,) = PostgresDiskFull.remedies
    running = view("postgres", service_role="db")
    assert not remedy.fits(world(running), finding(running, "postgres.disk-full"))


async def test_other_last_words_are_an_end_as_any() -> None:
    found = await fault(ended("postgres", "FATAL: something else", exits=()))
    assert found.id == "service.exited"


async def test_it_goes_on_while_docker_starts_it_again() -> None:
    again = ended("redis", AOF, container_state="running", age=1.0)
    found = await fault(again)
    assert (found.id, found.status) == ("redis.aof-corrupt", Status.WARN), "and it is let start"


async def test_it_is_over_once_it_answers() -> None:
    well = view("redis", words=(AOF,))
    assert await told(well) == []
    assert {it.status for it in await findings(well)} == {Status.PASS}


def finding(view: ServiceView, fault: str) -> Finding:
    return Finding(fault, view.name, Status.FAIL, "ends at start")


async def test_the_files_are_kept_before_anybody_mends_them() -> None:
    it = ended("redis", AOF)
    keep, repair = RedisAofCorrupt.remedies
    assert isinstance(keep, StopAndKeep)
    assert isinstance(repair, RepairAof)
    assert (keep.kind, keep.protects, keep.holds) == (Kind.AUTOMATIC, True, True)
    assert repair.kind is Kind.CONFIRM
    services, data = NotedServices(), NotedData()
    assert keep.guard(world(it), finding(it, "redis.aof-corrupt")) is None
    await keep.do(hands(services=services, data=data), finding(it, "redis.aof-corrupt"))
    assert (services.done, data.acts) == (["stop redis"], [("keep", "redis")])


async def test_only_a_cache_is_cut_and_only_when_it_has_ended() -> None:
    repair = RepairAof()
    found = finding(ended("redis", AOF), "redis.aof-corrupt")
    stopped = ended("redis", AOF, container_state="exited")
    assert repair.fits(world(stopped), found)
    assert not repair.fits(world(ended("redis", AOF)), found)
    assert not repair.fits(
        world(ended("redis", AOF, container_state="exited", service_role="db")), found
    )
    data = NotedData()
    await repair.do(hands(data=data), found)
    assert data.acts == [("repair", "redis")]


@pytest.mark.parametrize("check", [PostgresMajor, PostgresLayout])
def test_what_cannot_start_is_stopped_and_held(check: type[PostgresMajor]) -> None:
    (remedy,) = check.remedies
    assert isinstance(remedy, StopLoop)
    assert remedy.holds
    it = ended("postgres", *MAJOR)
    assert remedy.fits(world(it), finding(it, check.id))
    stopped = ended("postgres", *MAJOR, container_state="exited")
    assert not remedy.fits(world(stopped), finding(it, check.id)), "nothing starts it again"


async def test_after_a_full_disk_it_is_started_only_with_room() -> None:
    (remedy,) = PostgresDiskFull.remedies
    assert isinstance(remedy, StartWithRoom)
    it = ended("postgres", FULL, container_state="exited")
    assert remedy.fits(world(it), finding(it, "postgres.disk-full"))
    services, data = NotedServices(), NotedData()
    await remedy.do(hands(services=services, data=data), finding(it, "postgres.disk-full"))
    assert (services.done, data.acts) == ([], [("start", "postgres")])
