"""The machine itself: what it is, how large, how well its clock is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue import host
from tarsd.catalogue.check import Asked, Check, Finding, Status
from tarsd.errors import JobFailed
from tarsd.host.clock import TimeSync
from tests.unit.senses import condition, machine, senses
from tests.unit.worlds import Surroundings, found, the_one

INSTALL = Asked(install=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "other"


async def ask(around: Surroundings, check: Check, root: Path, **files: str | None) -> Finding:
    other = around.with_senses(replace(senses(root), machine=machine(root, **files)))
    return await the_one(check, other.world(INSTALL))


@pytest.mark.parametrize("check", host.CHECKS, ids=lambda check: check.id)
async def test_a_sound_machine(around: Surroundings, check: Check) -> None:
    assert (await the_one(check, around.world(INSTALL))).status is Status.PASS


@pytest.mark.parametrize(
    "check",
    [host.HostDistribution(), host.HostKernel(), host.HostProcessors(), host.MemorySmall()],
    ids=lambda check: check.id,
)
async def test_what_nobody_can_change_any_more_is_not_told_of(
    around: Surroundings, check: Check
) -> None:
    assert await found(check, around.world()) == []


@pytest.mark.parametrize(
    ("release", "status"),
    [
        ('ID=debian\nVERSION_ID="12"\n', Status.PASS),
        ('ID=ubuntu\nVERSION_ID="22.04"\nID_LIKE=debian\n', Status.PASS),
        ('ID=debian\nVERSION_ID="11"\n', Status.WARN),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n', Status.WARN),
        ('ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"\n', Status.WARN),
        ("", Status.WARN),
        ('ID="unclosed\n', Status.WARN),
    ],
)
async def test_distributions(
    around: Surroundings, root: Path, release: str, status: Status
) -> None:
    found = await ask(around, host.HostDistribution(), root, os_release=release)
    assert found.status is status, found


@pytest.mark.parametrize(
    ("release", "status"),
    [
        ("6.1.0-18-amd64\n", Status.PASS),
        ("5.15.0-25-generic\n", Status.PASS),
        ("5.10.0-28-amd64\n", Status.WARN),
        ("4.19.0\n", Status.WARN),
        ("mine\n", Status.UNKNOWN),
    ],
)
async def test_kernels(around: Surroundings, root: Path, release: str, status: Status) -> None:
    assert (await ask(around, host.HostKernel(), root, osrelease=release)).status is status


@pytest.mark.parametrize(
    ("allowed", "flags", "words"),
    [
        ("0", "sse2 avx2", "1 processor: the stack is slow"),
        ("0-3", "sse2 sse4_2", "4 processors without AVX2"),
        ("0-1,4", "sse2 avx2", None),
        ("0-3", "asimd", None),
    ],
)
async def test_processors(
    around: Surroundings, root: Path, allowed: str, flags: str, words: str | None
) -> None:
    files = {"status": f"Cpus_allowed_list:\t{allowed}\n", "cpuinfo": f"flags\t: {flags}\n"}
    found = await ask(around, host.HostProcessors(), root, **files)
    assert found.status is (Status.WARN if words else Status.PASS)
    assert (words or "processors") in found.summary


async def test_old_processors_do_for_a_gpu_unless_it_is_not_to_be_used(
    around: Surroundings, root: Path
) -> None:
    old = around.with_senses(senses(root, cpuinfo="flags\t: sse2\n"))
    card(around.gpu_root)
    assert (await the_one(host.HostProcessors(), old.world(INSTALL))).status is Status.PASS
    cpu_only = old.world(INSTALL, stack={"cpu_only": True})
    assert (await the_one(host.HostProcessors(), cpu_only)).status is Status.WARN


def card(root: Path) -> None:
    """An NVIDIA card with its driver."""
    device = root / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030000\n")
    driver = root / "proc/driver/nvidia"
    driver.mkdir(parents=True)
    (driver / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14\n")


@pytest.mark.parametrize(
    ("kib", "words"),
    [
        (16_012_345, None),  # sold as 16 GB
        (15_600_000, "16.0 GB; 16 GB recommended"),
        (8_000_000, "8.2 GB; 16 GB recommended"),
        (7_600_000, "7.8 GB; 8 GB is the least"),
    ],
)
async def test_memory(around: Surroundings, root: Path, kib: int, words: str | None) -> None:
    found = await ask(around, host.MemorySmall(), root, meminfo=f"MemTotal: {kib} kB\n")
    assert found.status is (Status.WARN if words else Status.PASS)
    assert (words or "16.4 GB of memory") in found.summary


@pytest.mark.parametrize(
    ("sync", "status", "fix"),
    [
        (TimeSync(synchronised=True, service=False), Status.PASS, None),
        (TimeSync(synchronised=False, service=True), Status.WARN, "timesync-status"),
        (TimeSync(synchronised=False, service=False), Status.WARN, "set-ntp true"),
    ],
)
async def test_clocks(
    around: Surroundings, root: Path, sync: TimeSync, status: Status, fix: str | None
) -> None:
    world = around.with_senses(senses(root, sync=lambda: sync)).world()
    found = await the_one(host.ClockUnsynced(), world)
    assert found.status is status
    assert fix is None if found.fix is None else str(fix) in found.fix


NEVER_SYNCED = TimeSync(synchronised=False, service=True)


async def clock(around: Surroundings, root: Path, **facts: object) -> list[Finding]:
    made = replace(senses(root, sync=lambda: NEVER_SYNCED), condition=condition(**facts))
    return await found(host.ClockUnsynced(), around.with_senses(made).world())


async def test_a_clock_has_ten_minutes_after_a_boot(around: Surroundings, root: Path) -> None:
    (early,) = await clock(around, root, up_for=lambda: 599.0)
    (late,) = await clock(around, root, up_for=lambda: 601.0)
    assert (early.status, late.status) == (Status.UNKNOWN, Status.WARN)


async def test_a_containers_clock_is_its_hosts(around: Surroundings, root: Path) -> None:
    assert await clock(around, root, contained=lambda: True) == []


async def test_a_bus_that_does_not_answer_leaves_the_clock_unknown(
    around: Surroundings, root: Path
) -> None:
    def silent() -> TimeSync:
        raise JobFailed("cannot reach systemd over D-Bus: no such file")

    found = await the_one(
        host.ClockUnsynced(), around.with_senses(senses(root, sync=silent)).world()
    )
    assert (found.status, found.summary) == (
        Status.UNKNOWN,
        "cannot reach systemd over D-Bus: no such file",
    )


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (None, "a reboot is due"),
        ("linux-image-6.1\n", "a reboot is due for linux-image-6.1"),
        ("a\nb\nb\nc\nd\n", "a reboot is due for a, b, c and 1 more"),
    ],
)
async def test_a_reboot_that_is_due(
    around: Surroundings, root: Path, packages: str | None, words: str
) -> None:
    (root / "run").mkdir(parents=True)
    (root / "run/reboot-required").touch()
    if packages is not None:
        (root / "run/reboot-required.pkgs").write_text(packages)
    found = await ask(around, host.RebootRequired(), root)
    assert (found.status, found.summary) == (Status.WARN, words)


@pytest.mark.parametrize(
    ("check", "file"),
    [
        (host.HostDistribution(), "os_release"),
        (host.HostKernel(), "osrelease"),
        (host.HostProcessors(), "cpuinfo"),
        (host.HostProcessors(), "status"),
        (host.MemorySmall(), "meminfo"),
    ],
)
async def test_a_file_that_cannot_be_read_is_unknown(
    around: Surroundings, root: Path, check: Check, file: str
) -> None:
    found = await ask(around, check, root, **{file: None})
    assert found.status is Status.UNKNOWN
    assert found.summary.startswith("cannot read /")


@pytest.mark.parametrize(
    ("check", "file"), [(host.HostProcessors(), "status"), (host.MemorySmall(), "meminfo")]
)
async def test_a_file_that_says_nothing_is_unknown(
    around: Surroundings, root: Path, check: Check, file: str
) -> None:
    assert (await ask(around, check, root, **{file: "\n"})).status is Status.UNKNOWN
