"""The driver: updated under the stack, hung, off the bus, refusing; and machines on which none of that is asked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue import gpu, gpu_container, gpu_driver, gpu_health, gpu_xid
from tarsd.catalogue.check import Check, Status
from tarsd.catalogue.everything import CATALOGUE
from tarsd.engine.runner import run
from tarsd.host.nvidia.cards import PAUSE
from tests.unit.catalogue.cards import LOST, FakeInside, Scene
from tests.unit.host.nvidia_machine import refuses, told

NEWER = {"library": "570.86.16", "module": "570.86.16"}
ALL = (*gpu_driver.CHECKS, *gpu_health.CHECKS, *gpu_xid.CHECKS, *gpu_container.CHECKS)


@pytest.mark.parametrize("check", ALL, ids=lambda it: it.id)
async def test_a_machine_that_is_well(tmp_path: Path, check: Check) -> None:
    for finding in await Scene(tmp_path).found(check):
        assert finding.status is Status.PASS, finding


@pytest.mark.parametrize("check", ALL, ids=lambda it: it.id)
async def test_without_a_card_nothing_is_asked_and_nothing_said(
    tmp_path: Path, check: Check
) -> None:
    scene = Scene(tmp_path, card=False)
    assert await scene.found(check) == []
    assert (scene.jobs.asked, scene.inside.asked) == (0, 0)


@pytest.mark.parametrize("check", ALL, ids=lambda it: it.id)
async def test_who_chose_the_cpu_is_asked_nothing(tmp_path: Path, check: Check) -> None:
    scene = Scene(tmp_path, settings={"stack": {"cpu_only": True}})
    assert await scene.found(check) == []
    assert scene.jobs.asked == 0


@pytest.mark.parametrize("check", ALL, ids=lambda it: it.id)
async def test_a_card_that_sleeps_is_left_asleep(tmp_path: Path, check: Check) -> None:
    scene = Scene(tmp_path, power="suspended")
    for finding in await scene.found(check):
        assert finding.status in (Status.SKIP, Status.PASS), finding
    assert (scene.jobs.asked, scene.inside.asked) == (0, 0)


async def test_without_a_driver_nvml_is_not_asked_and_one_cause_is_told(tmp_path: Path) -> None:
    """After a kernel's update whose module was not built: a stack that was installed with the card does not work."""
    scene = Scene(tmp_path, loaded=None)
    found = await run([gpu.GpuNoModule(), *ALL], scene.world())
    assert [it.id for it in found if it.status is Status.FAIL] == ["gpu.no-module"]
    assert all(it.status is not Status.WARN for it in found)
    assert (scene.jobs.asked, scene.inside.asked) == (0, 0)
    without = await run([gpu.GpuNoModule()], Scene(tmp_path, loaded=None, views=[]).world())
    assert [it.status for it in without] == [Status.WARN]


async def test_an_update_under_a_stack_that_still_works_is_a_warning(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [refuses(18, "Driver/library version mismatch", installed=NEWER)])
    mismatch = await scene.the_one(gpu_driver.DriverMismatch())
    assert mismatch.status is Status.PASS
    assert "ollama began before that and still has its card" in mismatch.summary
    pending = await scene.the_one(gpu_driver.DriverPending())
    assert pending.status is Status.WARN
    assert pending.fix == "sudo reboot"
    assert "loaded: 550.163.01" in pending.evidence


async def test_an_update_that_has_cost_the_stack_its_card_is_a_fault(tmp_path: Path) -> None:
    scene = Scene(
        tmp_path,
        [refuses(18, "Driver/library version mismatch", installed=NEWER)],
        inside=FakeInside(LOST),
    )
    found = await scene.the_one(gpu_driver.DriverMismatch())
    assert (found.status, found.fix) == (Status.FAIL, "sudo reboot")


async def test_another_module_on_disk_while_all_works(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told(installed={"module": "570.86.16"})])
    assert (await scene.the_one(gpu_driver.DriverMismatch())).status is Status.PASS
    assert (await scene.the_one(gpu_driver.DriverPending())).status is Status.WARN


async def test_versions_that_cannot_be_told_are_no_mismatch(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told(installed={"module": None, "library": None})])
    assert (await scene.the_one(gpu_driver.DriverPending())).status is Status.PASS


async def test_a_card_that_hangs_is_one_fault_and_the_others_wait(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def hangs() -> None:
        await asyncio.Event().wait()

    scene.jobs.before = hangs
    found = await scene.the_one(gpu_driver.GpuHang())
    assert (found.status, found.fix) == (Status.FAIL, "sudo reboot")
    for check in (gpu_driver.DriverMismatch(), gpu_health.GpuHot(), gpu_container.ContainerLost()):
        assert (await scene.the_one(check)).status is Status.SKIP
    await asyncio.sleep(PAUSE / 2)
    assert (await scene.the_one(gpu_driver.GpuHang())).status is Status.FAIL
    assert scene.jobs.asked == 1


@pytest.mark.parametrize(
    "said", [refuses(15, "GPU is lost"), told({"code": 15, "said": "GPU is lost"})]
)
async def test_a_card_off_the_bus(tmp_path: Path, said: Any) -> None:
    scene = Scene(tmp_path, [said])
    found = await scene.the_one(gpu_driver.GpuOffBus())
    assert found.status is Status.FAIL
    assert "has fallen off the bus" in found.summary
    unusable = await scene.the_one(gpu_driver.GpuUnusable())
    assert unusable.status is Status.PASS or "GPU is lost" in unusable.summary


async def test_the_kernel_says_that_a_card_is_off_the_bus_and_nvml_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [refuses(999)])
    scene.kernel.take(5.0, "NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.")
    assert (await scene.the_one(gpu_driver.GpuOffBus())).status is Status.FAIL


@pytest.mark.parametrize(
    ("code", "fix"), [(9, "modprobe"), (12, "nvidia-smi"), (999, "nvidia-smi")]
)
async def test_nvml_that_refuses(tmp_path: Path, code: int, fix: str) -> None:
    found = await Scene(tmp_path, [refuses(code)]).the_one(gpu_driver.GpuUnusable())
    assert found.status is Status.FAIL
    assert fix in str(found.fix)
    found = await Scene(tmp_path, [refuses(code)], views=[]).the_one(gpu_driver.GpuUnusable())
    assert found.status is Status.WARN, "a stack that has no card does what it should"


async def test_what_could_not_be_asked_is_unknown(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [["nonsense"]])
    assert (await scene.the_one(gpu_driver.DriverMismatch())).status is Status.UNKNOWN


def test_gpu_checks_are_asked_at_once_after_a_reload() -> None:
    asked = [it for it in CATALOGUE if it.id in {"gpu.container-lost", "gpu.driver-pending"}]
    assert len(asked) == 2
    assert all("systemd-reload" in {trigger.value for trigger in it.triggers} for it in asked)
