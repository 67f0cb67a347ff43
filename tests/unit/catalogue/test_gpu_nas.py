"""Cards and documents: asked about unless the owner does without."""

from pathlib import Path

import pytest

from tarsd.catalogue import gpu, nas
from tarsd.catalogue.check import Check, Status
from tarsd.host.mounts import Mount
from tests.unit.catalogue.test_host import card
from tests.unit.fake_engine import FakeEngine
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found, the_one

PATH = "/mnt/nas/documents"


async def test_no_card_is_no_fault(around: Surroundings) -> None:
    assert (await the_one(gpu.GpuNoModule(), around.world())).status is Status.PASS
    assert await found(gpu.GpuRuntimeMissing(), around.world()) == []


async def test_a_card_without_a_driver(around: Surroundings) -> None:
    card(around.gpu_root)
    (around.gpu_root / "proc/driver/nvidia/version").unlink()
    finding = await the_one(gpu.GpuNoModule(), around.world())
    assert finding.status is Status.WARN
    assert "no driver is loaded; models will run on the CPU" in finding.summary
    assert "--cpu-only" in str(finding.fix)
    assert await found(gpu.GpuRuntimeMissing(), around.world()) == []


async def test_a_card_that_the_engine_cannot_hand_on(
    around: Surroundings, engine: FakeEngine
) -> None:
    card(around.gpu_root)
    assert (await the_one(gpu.GpuNoModule(), around.world())).status is Status.PASS
    finding = await the_one(gpu.GpuRuntimeMissing(), around.world())
    assert finding.status is Status.WARN
    assert "nvidia-container-toolkit" in str(finding.fix)
    engine.info["Runtimes"]["nvidia"] = {}
    assert (await the_one(gpu.GpuRuntimeMissing(), around.world())).status is Status.PASS


async def test_a_card_that_the_engine_knows_by_cdi(
    around: Surroundings, engine: FakeEngine
) -> None:
    card(around.gpu_root)
    engine.info["DiscoveredDevices"] = [{"Source": "cdi", "ID": "nvidia.com/gpu=all"}]
    assert (await the_one(gpu.GpuRuntimeMissing(), around.world())).status is Status.PASS


async def test_an_engine_that_does_not_say_leaves_it_unknown(
    around: Surroundings, engine: FakeEngine
) -> None:
    card(around.gpu_root)
    engine.hang("/info")
    assert (await the_one(gpu.GpuRuntimeMissing(), around.world())).status is Status.UNKNOWN


@pytest.mark.parametrize("check", gpu.CHECKS, ids=lambda check: check.id)
async def test_cards_are_not_asked_about_on_the_cpu(around: Surroundings, check: Check) -> None:
    card(around.gpu_root)
    assert await found(check, around.world(stack={"cpu_only": True})) == []


@pytest.mark.parametrize(
    ("mount", "status"),
    [
        (Mount(PATH, "cifs", "//nas/docs"), Status.PASS),
        (Mount(PATH, "nfs4", "nas:/docs"), Status.PASS),
        (Mount(PATH, "ext4", "/dev/sdb1"), Status.PASS),
        (None, Status.FAIL),
    ],
)
async def test_documents(
    around: Surroundings, tmp_path: Path, mount: Mount | None, status: Status
) -> None:
    around = around.with_senses(senses(tmp_path, mount=lambda _: mount))
    finding = await the_one(nas.NasAbsent(), around.world(nas={"path": PATH}))
    assert finding.status is status
    assert (finding.fix is None) is (status is Status.PASS)


@pytest.mark.parametrize("settings", [{}, {"path": PATH, "enabled": False}])
async def test_documents_are_not_asked_about_without(
    around: Surroundings, settings: dict[str, object]
) -> None:
    assert await found(nas.NasAbsent(), around.world(nas=settings)) == []
