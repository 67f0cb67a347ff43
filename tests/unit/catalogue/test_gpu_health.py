"""Heat, clocks, other people's programs, cards that must be reset; and errors that the kernel has logged."""

import asyncio
import time
from pathlib import Path

import pytest

from tarsd.catalogue import gpu_health, gpu_xid
from tarsd.catalogue.check import Status
from tarsd.host.nvidia.cards import KEPT_WATCHED
from tests.unit.catalogue.cards import OWN, Scene, server
from tests.unit.host.nvidia_machine import told


@pytest.mark.parametrize(("degrees", "status"), [(89, Status.PASS), (90, Status.WARN)])
async def test_hot_is_what_the_card_calls_hot(tmp_path: Path, degrees: int, status: Status) -> None:
    scene = Scene(tmp_path, [told({"temperature": degrees})])
    assert (await scene.the_one(gpu_health.GpuHot())).status is status


async def test_a_temperature_that_no_card_has_is_unknown_and_nothing_else(tmp_path: Path) -> None:
    card = {"temperature": None, "absurd": {"temperature": "4294967295"}}
    scene = Scene(tmp_path, [told(card)])
    found = await scene.the_one(gpu_health.GpuHot())
    assert found.status is Status.UNKNOWN
    assert "4294967295" in found.summary
    assert (await scene.the_one(gpu_health.GpuThrottle())).status is Status.PASS


async def test_a_card_without_thresholds_is_no_fault(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told({"slowdown": None, "most": None, "temperature": 99})])
    assert (await scene.the_one(gpu_health.GpuHot())).status is Status.PASS


async def test_held_down_in_six_of_ten_minutes(tmp_path: Path) -> None:
    down, well = told({"reasons": 0x40}), told({"reasons": 4})
    scene = Scene(tmp_path, [down, down, down, well, down, down, down, well])
    found: list[Status] = []
    for _ in range(7):
        found.append((await scene.the_one(gpu_health.GpuThrottle())).status)
        scene.cards.forget()
        await asyncio.sleep(KEPT_WATCHED + 5)
    assert found == [Status.PASS] * 6 + [Status.WARN]


async def test_minutes_of_long_ago_do_not_count(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told({"reasons": 0x40})])
    for _ in range(10):
        scene.cards.forget()
        assert (await scene.the_one(gpu_health.GpuThrottle())).status is Status.PASS
        await asyncio.sleep(600)


async def test_other_peoples_programs(tmp_path: Path) -> None:
    other = {"pid": 4711, "memory": 3 << 30, "command": "blender"}
    own = {"pid": 12, "memory": 6 << 30, "command": "ollama", "container": OWN}
    scene = Scene(tmp_path, [told({"processes": [own, other]})])
    found = await scene.the_one(gpu_health.VramOthers())
    assert found.status is Status.WARN
    assert "3072 MiB" in found.summary
    assert "blender (pid 4711, 3072 MiB)" in found.summary
    assert "ollama" not in found.summary
    small = Scene(tmp_path, [told({"processes": [own, {**other, "memory": 200 << 20}]})])
    assert (await small.the_one(gpu_health.VramOthers())).status is Status.PASS


async def test_a_driver_that_does_not_tell_who_uses_the_cards(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told({"processes": None})])
    assert (await scene.the_one(gpu_health.VramOthers())).status is Status.UNKNOWN


@pytest.mark.parametrize("card", [{"code": 16}, {"recovery": 1}])
async def test_a_card_that_must_be_reset(tmp_path: Path, card: dict[str, int]) -> None:
    found = await Scene(tmp_path, [told(card)]).the_one(gpu_health.ResetNeeded())
    assert found.status is Status.FAIL
    assert "--gpu-reset -i 0" in str(found.fix)


def xid(number: int, name: str = "ollama") -> str:
    return f"NVRM: Xid (PCI:0000:01:00): {number}, pid=77, name={name}, Ch 00000008"


async def of_xid(scene: Scene) -> dict[str, Status]:
    return {it.subject: it.status for it in await scene.found(gpu_xid.GpuXid())}


@pytest.mark.parametrize("number", sorted(gpu_xid.APPLICATION))
async def test_an_error_of_the_model_server_is_its_own(tmp_path: Path, number: int) -> None:
    scene = Scene(tmp_path)
    scene.kernel.take(time.monotonic() - 5, xid(number))
    assert await of_xid(scene) == {"gpu": Status.PASS, "ollama": Status.FAIL}
    scene.views = [server(age=2.0)]
    assert (await of_xid(scene))["ollama"] is Status.PASS, "it was restarted since"


async def test_an_error_of_another_program_is_not_the_model_servers(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.kernel.take(time.monotonic() - 5, xid(31, "blender"))
    assert await of_xid(scene) == {"gpu": Status.PASS, "ollama": Status.PASS}


@pytest.mark.parametrize("number", sorted({*gpu_xid.RESET, *gpu_xid.ALONE}))
async def test_what_only_a_reset_or_hands_mend(tmp_path: Path, number: int) -> None:
    scene = Scene(tmp_path)
    scene.kernel.take(1.0, xid(number))
    assert (await of_xid(scene))["gpu"] is Status.FAIL


@pytest.mark.parametrize("number", sorted(gpu_xid.HARMLESS))
async def test_what_is_harmless_alone(tmp_path: Path, number: int) -> None:
    scene = Scene(tmp_path)
    scene.kernel.take(time.monotonic(), xid(number))
    assert await of_xid(scene) == {"gpu": Status.PASS, "ollama": Status.PASS}


async def test_a_number_that_nobody_knows_is_told_for_an_hour(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.kernel.take(time.monotonic() - 60, xid(999))
    assert (await of_xid(scene))["gpu"] is Status.WARN


async def test_a_log_that_is_not_followed_proves_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.kernel.followed = False
    assert await of_xid(scene) == {"gpu": Status.UNKNOWN}
