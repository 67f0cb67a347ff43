"""What a boot is waited for, each in words as long as it is not there: Engine, NAS, GPU driver, services."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.views import Answers, EngineView, ServiceView
from tarsd.errors import HostSilent
from tarsd.host.gpu import Gpu
from tarsd.host.mounts import Mount
from tarsd.settings import Settings
from tarsd.wiring.boot import BootStages
from tests.unit.service_views import fails, view


class Dawn:
    """A machine that has just been switched on: all is there, but for what a test takes away."""

    def __init__(self) -> None:
        self.engine = EngineView(answers=True, status="ok")
        self.runs: Mapping[str, Any] | None = {}
        self.services: Sequence[ServiceView] | None = (view("redis"), view("ollama"))
        self.faults: dict[str, Finding] = {}
        self.mount: Mount | None = None
        self.cards: list[Gpu] = []
        self.driver_hangs = False
        self.settings = Settings()
        out = SimpleNamespace(
            settings=lambda: self.settings,
            gpus=SimpleNamespace(all=self._gpus),
            nas=SimpleNamespace(
                units=SimpleNamespace(mounted=self._mounted),
                documents=SimpleNamespace(last=dict[str, Any]().get),
            ),
        )
        self.stages = BootStages(cast("Any", out), cast("Any", self), cast("Any", self))

    @property
    def snapshot(self) -> Any:
        return SimpleNamespace(containers=self.runs)

    def fault(self, service: str) -> Finding | None:
        return self.faults.get(service)

    def _mounted(self, _: str) -> Mount | None:
        return self.mount

    async def _gpus(self) -> list[Gpu]:
        if self.driver_hangs:
            raise HostSilent("cannot ask for the GPU: its driver has not answered for 3 s")
        return self.cards

    async def missing(self) -> list[str]:
        return [words for stage in self.stages.all() for words in await stage.missing()]


@pytest.fixture
def dawn() -> Dawn:
    return Dawn()


async def test_all_is_there(dawn: Dawn) -> None:
    assert (await dawn.missing(), dawn.stages.wanted()) == ([], 2)


async def test_the_engine_is_not_up(dawn: Dawn) -> None:
    """Its services are wanted all the same, or nobody would tell."""
    dawn.engine, dawn.runs = EngineView(status="down", why="nobody takes its connections"), None
    assert await dawn.missing() == ["nobody takes its connections", "what runs cannot be told"]
    assert dawn.stages.wanted() == 2


async def test_a_stack_that_cannot_be_read(dawn: Dawn) -> None:
    dawn.services = None
    assert (await dawn.missing(), dawn.stages.wanted()) == (["what runs cannot be told"], None)


async def test_the_nas_is_not_mounted(dawn: Dawn) -> None:
    nas = {"source": "//nas/docs", "path": "/mnt/nas/docs"}
    dawn.settings = Settings.model_validate({"nas": nas})
    assert await dawn.missing() == ["NAS: nothing is mounted at /mnt/nas/docs"]
    dawn.settings = Settings.model_validate({"nas": {**nas, "enabled": False}})
    assert await dawn.missing() == []


async def test_the_card_has_no_driver(dawn: Dawn) -> None:
    dawn.cards = [Gpu("NVIDIA card 0000:01:00.0", None, "no driver is loaded")]
    assert await dawn.missing() == ["GPU: NVIDIA card 0000:01:00.0: no driver is loaded"]
    dawn.settings = Settings.model_validate({"stack": {"cpu_only": True}})
    assert await dawn.missing() == []


async def test_the_driver_hangs(dawn: Dawn) -> None:
    dawn.driver_hangs = True
    (words,) = await dawn.missing()
    assert "has not answered" in words


async def test_services_that_do_not_work_are_named_with_the_reason(dawn: Dawn) -> None:
    hung = Finding("service.hung", "redis", Status.FAIL, "hangs: no answer within 5 s")
    dawn.faults["redis"] = hung
    dawn.services = (
        view("redis", answers=fails("silent")),
        view("chromadb", answers=fails("starting", 0)),
        view("postgres", answers=Answers(), container_health="starting"),
        view("webui", wanted="stopped", container_state="exited"),
    )
    assert await dawn.missing() == [
        "redis: hangs: no answer within 5 s",
        "chromadb: it says starting",
        "postgres: it does not answer yet",
    ]
    assert dawn.stages.wanted() == 3
