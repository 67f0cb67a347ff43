"""Room for images, models and data: what is told of, what is acted on, and what is never touched for it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue.check import Asked, Check, Finding, Status, World
from tarsd.catalogue.disk import DiskFull, DiskInodes, DiskLow
from tarsd.catalogue.views import EngineView
from tarsd.errors import HostSilent
from tarsd.host.disk import Disk
from tarsd.host.docker_disk import Freed
from tests.unit.fake_engine import FakeEngine
from tests.unit.hands import NotedDisk, hands
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found

GB = 10**9
DOCKER = "/var/lib/docker"
INSTALL = Asked(install=True)
WELL = EngineView(answers=True, status="ok", docker_root=DOCKER)

Disks = Mapping[str, Disk | Exception]


def disk(free: float, total: float = 1000, device: int = 1, inodes_free: int = 50_000_000) -> Disk:
    """Sizes in GB."""
    return Disk(DOCKER, int(free * GB), int(total * GB), device, inodes_free, 60_000_000)


def world(
    around: Surroundings, docker: Disk | Exception, state: Disk | Exception, asked: Asked | None
) -> World:
    def usage(path: str) -> Disk:
        answer = docker if path == DOCKER else state
        if isinstance(answer, Exception):
            raise answer
        return answer

    root = Path(around.paths.state)
    seen = around.with_senses(senses(root, disk=usage)).world(asked)
    return replace(seen, engine=WELL)


async def ask(
    around: Surroundings,
    docker: Disk | Exception,
    state: Disk | Exception | None = None,
    check: Check | None = None,
    asked: Asked | None = None,
) -> list[Finding]:
    """With one file system for both, unless there is another for the state."""
    return await found(
        check or DiskLow(), world(around, docker, docker if state is None else state, asked)
    )


@pytest.mark.parametrize(
    ("free", "total", "status"),
    [
        (400, 1000, Status.PASS),
        (60, 4000, Status.PASS),  # 1.5 % of a large disk are plenty
        (49, 1000, Status.WARN),
        (11, 1000, Status.WARN),
        (9, 1000, Status.FAIL),
        (13, 120, Status.PASS),  # 11 %
        (11, 120, Status.WARN),
        (4, 120, Status.WARN),
        (3.5, 120, Status.FAIL),
        (0.9, 32, Status.FAIL),
    ],
)
async def test_both_share_and_size_must_be_small(
    around: Surroundings, free: float, total: float, status: Status
) -> None:
    (finding,) = await ask(around, disk(free, total))
    assert finding.status is status, finding


async def test_its_thresholds_are_settings(around: Surroundings) -> None:
    seen = world(around, disk(400), disk(400), None)
    told = around.world(disk={"full_percent": 50, "full_gb": 500})
    (finding,) = await found(DiskLow(), replace(seen, settings=told.settings))
    assert finding.status is Status.FAIL


async def test_one_file_system_is_told_of_once(around: Surroundings) -> None:
    (only,) = await ask(around, disk(400), disk(400))
    assert (only.status, only.subject) == (Status.PASS, DOCKER)
    docker, state = await ask(around, disk(400), disk(1, device=2))
    assert (docker.subject, docker.status) == (DOCKER, Status.PASS)
    assert (state.subject, state.status) == (str(around.paths.state), Status.FAIL)
    assert str(state.fix).startswith("sudo du ")


async def test_what_takes_the_space_is_told_where_it_is_needed(
    around: Surroundings, engine: FakeEngine
) -> None:
    facts = {
        "LayersSize": 41 * GB,
        "Volumes": [{"UsageData": {"Size": 300 * GB}}, {"UsageData": {"Size": -1}}, {}],
        "BuildCache": [{"Size": 12 * GB}, {"Size": 5 * GB, "Shared": True}],
        "Containers": [{"SizeRw": 1}],
    }
    engine.say("/system/df", 200, facts)
    (finding,) = await ask(around, disk(9))
    assert finding.summary == "9.0 GB free (1 %); images 41 GB; volumes 300 GB; build cache 12 GB"
    assert len(finding.evidence) == 4
    await ask(around, disk(30))
    assert engine.calls.count("GET /system/df") == 1, "a walk through all volumes, for a warning"


async def test_an_engine_that_does_not_say_what_takes_it(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.say("/system/df", 500, {"message": "busy"})
    (finding,) = await ask(around, disk(9))
    assert (finding.status, finding.summary) == (Status.FAIL, "9.0 GB free (1 %)")


async def test_an_install_wants_more_room_and_is_refused_by_a_full_disk_only(
    around: Surroundings,
) -> None:
    (low,) = await ask(around, disk(19, 100), asked=INSTALL)
    assert (low.status, low.summary) == (Status.WARN, "19 GB free (19 %); 20 GB recommended")
    (short,) = await ask(around, disk(1, 100), asked=INSTALL)
    assert short.status is Status.WARN
    (full,) = await ask(around, disk(0.01, 100), check=DiskFull(), asked=INSTALL)
    assert full.status is Status.FAIL
    (later,) = await ask(around, disk(19, 100))
    assert later.status is Status.PASS


@pytest.mark.parametrize(
    ("at", "status", "words"),
    [
        (disk(0), Status.FAIL, "full: 0 MB free; nothing that writes can work"),
        (disk(0.06), Status.FAIL, "full: 60 MB free; nothing that writes can work"),
        (
            disk(400, inodes_free=0),
            Status.FAIL,
            "full: no inode free; nothing that writes can work",
        ),
        (disk(0.07), Status.PASS, "there is room"),
        (disk(0.02, 1), Status.PASS, "there is room"),  # 2 % of a small one
        (replace(disk(400), inodes=0, inodes_free=0), Status.PASS, "there is room"),
    ],
)
async def test_full_is_where_nothing_can_be_written(
    around: Surroundings, at: Disk, status: Status, words: str
) -> None:
    (finding,) = await ask(around, at, check=DiskFull())
    assert (finding.status, finding.summary) == (status, words)


async def test_what_is_full_is_one_fault(around: Surroundings) -> None:
    assert await ask(around, disk(0)) == []
    assert await ask(around, disk(0), check=DiskInodes()) == []
    assert await ask(around, disk(400, inodes_free=0), check=DiskInodes()) == []


async def test_another_disk_than_dockers_is_never_the_cause_of_what_services_suffer(
    around: Surroundings,
) -> None:
    (only,) = await ask(around, disk(400), disk(0, device=2), DiskFull())
    assert (only.subject, only.status) == (DOCKER, Status.PASS)
    _, state = await ask(around, disk(400), disk(0, device=2))
    assert state.status is Status.FAIL


@pytest.mark.parametrize(
    ("free", "of", "status"),
    [
        (50_000_000, 60_000_000, Status.PASS),
        (2_000_000, 60_000_000, Status.PASS),  # 3 %, and enough for dozens of images
        (900_000, 60_000_000, Status.WARN),
        (90_000, 60_000_000, Status.FAIL),
        (9, 100, Status.WARN),
        (2, 100, Status.FAIL),
        (0, 0, Status.PASS),  # btrfs
    ],
)
async def test_inodes(around: Surroundings, free: int, of: int, status: Status) -> None:
    at = replace(disk(400), inodes=of, inodes_free=free)
    (finding,) = await ask(around, at, check=DiskInodes())
    assert finding.status is status, finding


async def test_a_directory_that_cannot_be_asked_is_unknown_and_blocks_nothing(
    around: Surroundings,
) -> None:
    gone = FileNotFoundError(2, "No such file or directory", DOCKER)
    docker, state = await ask(around, gone, disk(400, device=2))
    assert docker.status is Status.UNKNOWN
    assert "No such file" in docker.summary
    assert state.status is Status.PASS
    silent = HostSilent("cannot tell the free space: it does not answer")
    assert [it.status for it in await ask(around, silent)] == [Status.UNKNOWN] * 2
    assert await ask(around, gone, disk(400, device=2), DiskFull()) == []


async def test_without_an_engine_its_usual_directory_is_looked_at(
    around: Surroundings, engine: FakeEngine
) -> None:
    await engine.stop()
    seen = world(around, disk(1), disk(1), None)
    (finding,) = await found(DiskLow(), replace(seen, engine=None))
    assert (finding.subject, finding.status) == (DOCKER, Status.FAIL)


async def test_where_docker_never_was_nobody_misses_its_directory(
    around: Surroundings, engine: FakeEngine
) -> None:
    await engine.stop()
    gone = FileNotFoundError(2, "No such file or directory", DOCKER)
    seen = replace(world(around, gone, disk(400), None), engine=None)
    (finding,) = await found(DiskLow(), seen)
    assert (finding.subject, finding.status) == (str(around.paths.state), Status.PASS)


PRUNE = DiskLow.remedies[0]
LOW = Finding("disk.low", DOCKER, Status.FAIL, "1 GB free")


async def test_room_is_made_only_where_that_helps(around: Surroundings) -> None:
    seen = replace(around.world(), engine=WELL)
    assert PRUNE.fits(seen, LOW)
    assert PRUNE.guard(seen, LOW) is None
    assert PRUNE.protects
    assert not PRUNE.disturbs
    assert not PRUNE.fits(seen, replace(LOW, subject="/var/lib/tars-home"))
    down = replace(seen, engine=replace(WELL, answers=False))
    assert PRUNE.guard(down, LOW) == "the Docker Engine does not answer"
    broken = Finding("fs.read-only", DOCKER, Status.FAIL, "read-only")
    assert PRUNE.guard(replace(seen, known=[broken]), LOW) == "its file system is read-only"
    mended = replace(broken, status=Status.PASS)
    assert PRUNE.guard(replace(seen, known=[mended]), LOW) is None


@pytest.mark.parametrize(
    ("freed", "words"),
    [
        (Freed(0, 0), "there was nothing that may go"),
        (Freed(1, 157 * 10**6), "1 image removed, 157 MB more free"),
        (Freed(0, 12 * GB), "0 images removed, 12 GB more free"),
    ],
)
async def test_what_came_of_it_is_told(freed: Freed, words: str) -> None:
    disk = NotedDisk(freed)
    assert await PRUNE.do(hands(disk=disk), LOW) == words
    assert disk.pruned == 1
