"""Disks that take no writes, or that make errors: told with the kernel's own words, and nothing else is told for them."""

from dataclasses import replace
from typing import Any

import pytest

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.disk_health import DiskDying, FsReadOnly
from tarsd.catalogue.views import EngineView
from tarsd.errors import JobFailed
from tarsd.host.mounts import Mount
from tests.unit.fake_compose import FakeCompose
from tests.unit.senses import condition
from tests.unit.worlds import Surroundings, found, the_one

DOCKER = "/var/lib/docker"
NOW = 10_000.0
DYING = DiskDying(lambda: NOW)


def at(seconds_ago: float, text: str) -> str:
    return f"[{NOW - seconds_ago:12.6f}] {text}"


def on(around: Surroundings, jobs: FakeCompose, *lines: str, **facts: Any) -> World:
    jobs.own["kernel-tail"] = "\n".join(lines)
    seen = around.with_senses(replace(around.senses, condition=condition(**facts))).world()
    return replace(seen, engine=EngineView(answers=True, status="ok", docker_root=DOCKER))


def read_only(path: str) -> Mount:
    return Mount("/var", "ext4", "/dev/sda3", ("rw", "relatime", "ro"))


@pytest.mark.parametrize("word", ["ro", "emergency_ro", "shutdown"])
async def test_a_file_system_that_turned_read_only(
    around: Surroundings, jobs: FakeCompose, word: str
) -> None:
    def holding(_: str) -> Mount:
        return Mount("/var", "ext4", "/dev/sda3", ("rw", "relatime", word))

    told = at(30, "EXT4-fs (sda3): Remounting filesystem read-only")
    world = on(around, jobs, "[ 1.0] other", told, holding=holding)
    finding = await the_one(FsReadOnly(), world)
    assert (finding.status, finding.subject) == (Status.FAIL, DOCKER)
    assert finding.summary == (
        "/dev/sda3 at /var is read-only; the kernel: EXT4-fs (sda3): Remounting filesystem read-only"
    )


async def test_without_the_kernels_log_it_is_told_all_the_same(
    around: Surroundings, jobs: FakeCompose
) -> None:
    world = on(around, jobs, holding=read_only)
    jobs.own["kernel-tail"] = JobFailed("cannot open /dev/kmsg: No such file or directory")
    assert (await the_one(FsReadOnly(), world)).summary == "/dev/sda3 at /var is read-only"


async def test_each_file_system_is_told_of_once(around: Surroundings, jobs: FakeCompose) -> None:
    def holding(path: str) -> Mount:
        return Mount("/", "ext4", "/dev/sda2", ("rw",)) if path == DOCKER else read_only(path)

    docker, state = await found(FsReadOnly(), on(around, jobs, holding=holding))
    assert (docker.subject, docker.status) == (DOCKER, Status.PASS)
    assert (state.subject, state.status) == (str(around.paths.state), Status.FAIL)
    assert (await the_one(FsReadOnly(), on(around, jobs))).status is Status.PASS
    assert not [it for it in jobs.jobs if it.name == "kernel-tail"][1:], "no job while all is well"


@pytest.mark.parametrize(
    "line",
    [
        "blk_update_request: I/O error, dev sda, sector 1234 op 0x0:(READ)",
        "Buffer I/O error on dev sda2, logical block 5, lost async page write",
        "EXT4-fs error (device sda2): ext4_lookup:1855: inode #2: comm dockerd: deleted inode",
        "sd 0:0:0:0: [sda] tag#3 Sense Key : Medium Error; critical medium error, dev sda",
    ],
)
async def test_an_error_of_the_disk(around: Surroundings, jobs: FakeCompose, line: str) -> None:
    finding = await the_one(DYING, on(around, jobs, at(60, line)))
    assert finding.status is Status.FAIL
    assert f"1 error within an hour, last: {line}" in finding.summary
    assert finding.evidence == (at(60, line),)


async def test_one_timeout_is_a_warning_and_three_are_not(
    around: Surroundings, jobs: FakeCompose
) -> None:
    late = [at(60 - it, f"ata1.00: exception Emask 0x0 SAct 0x{it}") for it in range(3)]
    once = await the_one(DYING, on(around, jobs, late[0]))
    often = await the_one(DYING, on(around, jobs, *late))
    assert (once.status, often.status) == (Status.WARN, Status.FAIL)
    assert "answered late once" in once.summary
    assert "answered late 3 times" in often.summary


@pytest.mark.parametrize(
    "line",
    [
        at(3601, "blk_update_request: I/O error, dev sda, sector 1"),
        at(60, "blk_update_request: I/O error, dev sdb, sector 1"),
        at(60, "blk_update_request: I/O error, dev sda1x, sector 1"),
        at(60, "ata10.00: exception Emask 0x0"),
        at(60, "sda: sda1 sda2"),
        "no time at all: I/O error, dev sda",
        "",
    ],
    ids=["old", "another", "longer", "another port", "no error", "no time", "silence"],
)
async def test_what_is_old_or_of_another_disk_counts_for_nothing(
    around: Surroundings, jobs: FakeCompose, line: str
) -> None:
    assert (await the_one(DYING, on(around, jobs, line))).status is Status.PASS


async def test_the_names_of_an_nvme_disk(around: Surroundings, jobs: FakeCompose) -> None:
    def names(_: int) -> frozenset[str]:
        return frozenset({"nvme0", "nvme0n1", "nvme0n1p2", "dm-0"})

    line = at(9, "nvme nvme0: I/O 23 QID 4 timeout, aborting")
    world = on(around, jobs, line, disk_names=names)
    assert (await the_one(DYING, world)).status is Status.WARN


async def test_a_log_that_cannot_be_read_is_unknown(
    around: Surroundings, jobs: FakeCompose
) -> None:
    world = on(around, jobs)
    jobs.own["kernel-tail"] = JobFailed("cannot open /dev/kmsg: Operation not permitted")
    assert (await the_one(DYING, world)).status is Status.UNKNOWN


async def test_a_container_asks_neither(around: Surroundings, jobs: FakeCompose) -> None:
    check: Check = DYING
    findings: list[Finding] = await found(check, on(around, jobs, contained=lambda: True))
    assert findings == []
