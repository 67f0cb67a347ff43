"""The host has its card: what the container and the model server say of it, the verdict, and what is done about it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue import gpu_container, gpu_driver, gpu_xid, services
from tarsd.catalogue.check import Check, Finding, Status
from tarsd.catalogue.gpu_remedies import CDI_REFRESH, GpuRecreate, GpuRestart, RefreshCdi
from tarsd.catalogue.service_remedies import Create, Restart, Start
from tarsd.catalogue.views import ServiceView
from tarsd.engine.runner import run
from tarsd.host.nvidia.inside import View
from tests.unit.catalogue.cards import (
    LOST,
    OWN,
    FakeIdleness,
    FakeInside,
    FakeLog,
    FakeOllama,
    Scene,
    model,
    server,
)
from tests.unit.hands import NotedCards, NotedUnits, hands
from tests.unit.host.nvidia_machine import refuses, told
from tests.unit.service_views import view

FAILS = Finding("gpu.container-lost", "ollama", Status.FAIL, "it has lost its card")
COMPUTES = told({"processes": [{"pid": 12, "container": OWN, "command": "ollama"}]})


async def test_a_container_that_has_lost_its_card(tmp_path: Path) -> None:
    found = await Scene(tmp_path, inside=FakeInside(LOST)).the_one(gpu_container.ContainerLost())
    assert (found.status, found.subject, found.fix) == (
        Status.FAIL,
        "ollama",
        "tarsctl restart ollama",
    )
    assert "Failed to initialize NVML: Unknown Error" in found.summary
    assert "/dev/nvidia0" in found.evidence


@pytest.mark.parametrize(
    "seen",
    [View(0, said="nvidia-smi hangs in it", hung=True), View(0, said="not found", tool=False)],
)
async def test_a_container_that_cannot_be_asked_is_unknown(tmp_path: Path, seen: View) -> None:
    found = await Scene(tmp_path, inside=FakeInside(seen)).the_one(gpu_container.ContainerLost())
    assert found.status is Status.UNKNOWN


@pytest.mark.parametrize("code", [9, 12, 15, 18, 999])
async def test_while_the_host_has_no_card_the_container_is_not_blamed(
    tmp_path: Path, code: int
) -> None:
    """As the monitor asks: root causes first."""
    scene = Scene(tmp_path, [refuses(code)], inside=FakeInside(LOST))
    found = await run([*gpu_driver.CHECKS, *gpu_container.CHECKS], scene.world())
    assert [it.id for it in found if it.status is Status.FAIL] != []
    of_containers = {it.id for it in gpu_container.CHECKS}
    assert all(it.status is Status.SKIP for it in found if it.id in of_containers)
    assert sum(it.status is Status.FAIL for it in found) == 1, "one cause, one fault"


async def test_a_service_without_a_card_is_not_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, views=[view("redis"), server(wanted="stopped")])
    assert await scene.found(gpu_container.ContainerLost()) == []
    assert scene.inside.asked == 0


@pytest.mark.parametrize(
    "it", [server(busy="an act on it is under way"), server(container_state="exited")]
)
async def test_what_cannot_be_asked_now_neither_passes_nor_is_over(
    tmp_path: Path, it: ServiceView
) -> None:
    """Nothing said would end an incident that is open: "it is not asked about any more"."""
    scene = Scene(tmp_path, views=[it], inside=FakeInside(LOST))
    for check in (*gpu_container.CHECKS[:3], gpu_xid.GpuXid()):
        said = {finding.subject: finding.status for finding in await scene.found(check)}
        assert said["ollama"] is Status.SKIP
    assert scene.inside.asked == 0


async def test_a_model_server_that_started_before_the_driver(tmp_path: Path) -> None:
    found = await Scene(tmp_path, log=FakeLog("cpu")).the_one(gpu_container.LateDriver())
    assert found.status is Status.FAIL
    assert "library=cpu" in found.evidence[0]


@pytest.mark.parametrize(
    ("log", "seen", "status"),
    [
        (FakeLog("cuda"), None, Status.PASS),
        (FakeLog("cuda", "cpu"), None, Status.PASS),
        (FakeLog(), None, Status.SKIP),
        (FakeLog("cpu"), LOST, Status.SKIP),
    ],
)
async def test_one_that_did_not(
    tmp_path: Path, log: FakeLog, seen: View | None, status: Status
) -> None:
    scene = Scene(tmp_path, log=log)
    scene.inside.view = seen or scene.inside.view
    assert (await scene.the_one(gpu_container.LateDriver())).status is status


async def fallback(scene: Scene) -> Finding:
    return await scene.the_one(gpu_container.CpuFallback())


async def test_a_model_on_the_card(tmp_path: Path) -> None:
    found = await fallback(Scene(tmp_path, [COMPUTES], ollama=FakeOllama(model())))
    assert (found.status, found.summary) == (Status.PASS, "100% of what is loaded is on a card")


async def test_a_model_that_does_not_all_fit_is_no_fault(tmp_path: Path) -> None:
    found = await fallback(Scene(tmp_path, [COMPUTES], ollama=FakeOllama(model(vram=0.6))))
    assert found.status is Status.PASS
    assert "it does not all fit" in found.summary


async def test_a_model_on_the_cpu_although_it_would_fit(tmp_path: Path) -> None:
    found = await fallback(Scene(tmp_path, ollama=FakeOllama(model(vram=0))))
    assert found.status is Status.FAIL
    assert "computes on the CPU, and the card has room for it" in found.summary


async def test_a_model_on_the_cpu_because_the_card_is_full(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told({"used": 23 << 30})], ollama=FakeOllama(model(vram=0)))
    assert (await fallback(scene)).status is Status.SKIP


async def test_a_claim_that_the_host_does_not_confirm(tmp_path: Path) -> None:
    """`size_vram` equal to `size`, and no process of the container's on any card."""
    other = {"pid": 9, "container": None, "command": "blender"}
    scene = Scene(tmp_path, [told({"processes": [other]})], ollama=FakeOllama(model()))
    found = await fallback(scene)
    assert found.status is Status.FAIL
    assert "NVML knows no process of it there" in found.summary
    assert scene.jobs.asked == 1 or scene.jobs.asked == 2


async def test_a_model_that_came_after_nvml_was_asked_is_no_fault(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told(), COMPUTES], ollama=FakeOllama(model()))
    await scene.cards.look()
    await asyncio.sleep(100)
    assert (await fallback(scene)).status is Status.PASS
    assert scene.jobs.asked == 2


async def test_a_driver_that_does_not_tell_processes_does_not_contradict(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [told({"processes": None})], ollama=FakeOllama(model()))
    assert (await fallback(scene)).status is Status.PASS


@pytest.mark.parametrize(
    ("inside", "log", "cause"),
    [
        (LOST, FakeLog("cuda"), "gpu.container-lost"),
        (View(1), FakeLog("cpu"), "gpu.late-driver"),
    ],
)
async def test_what_has_a_cause_of_its_own_is_told_once(
    tmp_path: Path, inside: View, log: FakeLog, cause: str
) -> None:
    scene = Scene(tmp_path, inside=FakeInside(inside), log=log, ollama=FakeOllama(model(vram=0)))
    found = await run(gpu_container.CHECKS, scene.world())
    assert [it.id for it in found if it.status is Status.FAIL] == [cause]


async def test_a_log_that_says_nothing_does_not_hide_a_model_on_the_cpu(tmp_path: Path) -> None:
    """Nor does a container without nvidia-smi."""
    inside = FakeInside(View(0, said="not found", tool=False))
    scene = Scene(tmp_path, inside=inside, log=FakeLog(), ollama=FakeOllama(model(vram=0)))
    found = await run(gpu_container.CHECKS, scene.world())
    assert [it.id for it in found if it.status is Status.FAIL] == ["gpu.cpu-fallback"]


async def test_silence_is_no_proof(tmp_path: Path) -> None:
    """Once it has computed on the CPU, this start passes only with a model on the card."""
    scene = Scene(tmp_path, [COMPUTES])
    assert (await fallback(scene)).status is Status.PASS
    scene.ollama.models_loaded = [model(vram=0)]
    assert (await fallback(scene)).status is Status.FAIL
    scene.ollama.models_loaded = []
    assert (await fallback(scene)).status is Status.SKIP
    scene.ollama.models_loaded = [model()]
    assert (await fallback(scene)).status is Status.PASS
    scene.log.libraries = ()
    scene.ollama.models_loaded = []
    assert (await fallback(scene)).status is Status.SKIP


async def test_a_stack_that_was_installed_without_the_card(tmp_path: Path) -> None:
    class Usable:
        async def __call__(self) -> bool:
            return True

    scene = Scene(tmp_path, views=[server(service_gpu=False)])
    scene.gpus.usable = Usable()  # type: ignore[method-assign]
    found = await scene.the_one(gpu_container.GpuNotGiven())
    assert (found.status, found.fix) == (Status.WARN, "sudo tarsctl install --yes")


async def guarded(scene: Scene, remedy: Any, check: Check | None = None) -> str | None:
    await scene.found(check or gpu_container.ContainerLost())
    return remedy.guard(scene.world(), FAILS)


async def test_it_is_restarted_once_it_is_idle(tmp_path: Path) -> None:
    scene = Scene(tmp_path, inside=FakeInside(LOST))
    assert await guarded(scene, GpuRestart()) is None
    scene.idle.share = 1.4
    assert await guarded(scene, GpuRestart()) == "it is at work: 1.4 cores"
    scene.idle.share = None
    assert await guarded(scene, GpuRestart()) == "whether it is at work is not known"


async def test_before_its_idleness_was_measured_it_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, idle=FakeIdleness())
    await scene.cards.look()
    assert GpuRestart().guard(scene.world(), FAILS) == "whether it is at work is not known"


@pytest.mark.parametrize("remedy", [GpuRestart(), GpuRecreate(), Restart(hung=True)])
@pytest.mark.parametrize(
    "said",
    [
        refuses(18),
        refuses(18, installed={"library": "570.86.16"}),
        told(installed={"library": "570.86.16"}),
        told(installed={"module": "570.86.16"}),
        refuses(15),
    ],
)
async def test_nothing_with_a_card_is_restarted_while_it_would_lose_it(
    tmp_path: Path, remedy: Any, said: Any
) -> None:
    """Whatever the fault that asks for it, and whether the update is seen already or only pending."""
    scene = Scene(tmp_path, [said], inside=FakeInside(LOST))
    await scene.cards.look()
    await scene.idle.measure(OWN)
    assert "its card" in str(remedy.guard(scene.world(), FAILS))


@pytest.mark.parametrize("remedy", [Start(), Create()])
async def test_what_cannot_get_its_card_is_not_even_started(tmp_path: Path, remedy: Any) -> None:
    scene = Scene(tmp_path, [told(installed={"library": "570.86.16"})])
    await scene.cards.look()
    assert "could not get its card before a reboot" in str(remedy.guard(scene.world(), FAILS))


async def test_a_service_without_a_card_is_restarted_all_the_same(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [refuses(18)], views=[view("redis")])
    await scene.cards.look()
    finding = replace(FAILS, subject="redis")
    assert Restart(hung=True).guard(scene.world(), finding) is None


async def test_its_container_is_made_anew_only_if_its_data_is_in_volumes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, inside=FakeInside(LOST))
    assert await guarded(scene, GpuRecreate()) is None
    scene.views = [server(service_volumes=frozenset[str]())]
    assert "it has no volume" in str(await guarded(scene, GpuRecreate()))
    noted = NotedCards()
    await GpuRecreate().do(hands(gpu=noted), FAILS)
    assert noted.acts == [("recreate", "ollama")]


@pytest.mark.parametrize(
    "error",
    [
        "could not select device driver: unresolvable CDI devices nvidia.com/gpu=all",
        "failed to fulfil mount request: CDI: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14: no such file or directory",
    ],
)
async def test_a_stale_description_of_the_cards(tmp_path: Path, error: str) -> None:
    it = server(container_state="created", container_error=error, container_exit_code=128)
    scene = Scene(tmp_path, views=[it])
    found = [it for it in await run(services.CHECKS, scene.world()) if it.status is Status.FAIL]
    assert [it.id for it in found] == ["gpu.stale-cdi"]
    noted = NotedUnits()
    await RefreshCdi().do(hands(units=noted), found[0])
    assert noted.acts == [("restart", CDI_REFRESH)]


async def test_a_description_is_not_refreshed_for_a_driver_that_is_not_loaded(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, [told(installed={"library": "570.86.16"})])
    await scene.cards.look()
    assert "before a reboot" in str(RefreshCdi().guard(scene.world(), FAILS))
