"""Worlds with an NVIDIA card: what NVML, the container and the model server say is the test's to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding, World
from tarsd.catalogue.views import ServiceView
from tarsd.engine.runner import run
from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.model_use import ModelUse
from tarsd.host.nvidia.cards import Cards
from tarsd.host.nvidia.idleness import Idleness
from tarsd.host.nvidia.inside import Inside, View
from tarsd.host.nvidia.ollama_log import OllamaLog
from tarsd.host.nvidia.senses import Nvidia
from tarsd.host.ollama import About, Loaded, Made, Ollama
from tests.unit import service_views
from tests.unit.host.nvidia_machine import NvmlJobs, gpus, machine
from tests.unit.observe.containers import CONTAINER
from tests.unit.worlds import deep

OWN = CONTAINER.id
SEES = View(1, ("/dev/nvidia0",))
LOST = View(0, ("/dev/nvidia0",), "Failed to initialize NVML: Unknown Error")


class FakeInside(Inside):
    """Says `view`; `asked` counts."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.asked = 0

    async def look(self, container: Container) -> View:
        self.asked += 1
        return self.view

    def forget(self) -> None:
        """It keeps nothing."""


class FakeLog(OllamaLog):
    """What it has found, and how many it has turned away."""

    def __init__(self, *found: str) -> None:
        self.libraries = found
        self.away = 0

    async def found(self, container: Container) -> tuple[str, ...]:
        return self.libraries

    async def turned_away(self, container: Container, seconds: float) -> int:
        return self.away


class FakeIdleness(Idleness):
    """Takes `share` of a core."""

    def __init__(self, share: float | None = 0.0) -> None:
        super().__init__(Path("/nowhere"))
        self.share = share

    async def measure(self, container_id: str) -> float | None:
        import time

        self._known = {container_id: (time.monotonic(), self.share)}
        return self.share


class FakeOllama(Ollama):
    """Models in memory; `words` are errors that the next questions for a word raise, None for an answer."""

    def __init__(self, *models: Loaded) -> None:
        super().__init__(HttpSession(), lambda: 1)
        self.models_loaded: Sequence[Loaded] = models
        self.words: list[Exception | None] = []
        self.asked: list[tuple[str, int | None]] = []

    async def loaded(self) -> list[Loaded]:
        return list(self.models_loaded)

    async def show(self, name: str) -> About:
        return About(capabilities=("completion",))

    async def one_token(self, model: str, context: int | None, deadline: float) -> Made:
        self.asked.append((model, context))
        error = self.words.pop(0) if self.words else None
        if error is not None:
            raise error
        return Made(done=True, response="4")


class FakeUse(ModelUse):
    """Its processor is the idleness of the scene; every model may be asked now, as if somebody waited for it."""

    def __init__(self, ollama: Ollama, idle: FakeIdleness) -> None:
        super().__init__(ollama, DockerApi("/nowhere"), sleep=_at_once)
        self._idle = idle

    async def _share(self, container: str) -> float:
        return self._idle.share or 0.0


async def _at_once(_seconds: float) -> None:
    pass


def model(name: str = "llama3.1:8b", *, vram: float = 1.0, left: float = 240.0) -> Loaded:
    """One in memory, so much of it on the card, that stays so many seconds longer."""
    ends = datetime.now(timezone.utc) + timedelta(seconds=left)
    size = 6 << 30
    return Loaded(
        name=name,
        size=size,
        size_vram=int(size * vram),
        expires_at=ends.isoformat(),
        context_length=8192,
    )


def server(**facts: Any) -> ServiceView:
    """The model server, which is given a card and works."""
    more = {"service_role": "llm", "service_gpu": True, "service_volumes": frozenset({"models"})}
    return service_views.view("ollama", **{**more, **facts})


@dataclass
class Scene:
    """Parts of a world; `says` is what NVML says, in turn."""

    root: Path
    says: Sequence[Any] = ()
    views: Sequence[ServiceView] = field(default_factory=lambda: [server()])
    inside: FakeInside = field(default_factory=lambda: FakeInside(SEES))
    log: FakeLog = field(default_factory=lambda: FakeLog("cuda"))
    idle: FakeIdleness = field(default_factory=FakeIdleness)
    ollama: FakeOllama = field(default_factory=FakeOllama)
    kernel: KernelNotes = field(default_factory=KernelNotes)
    loaded: str | None = "550.163.01"
    power: str = "active"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    card: bool = True

    def __post_init__(self) -> None:
        self.kernel.followed = True
        self.jobs = NvmlJobs(*self.says)
        if self.card:
            machine(self.root, loaded=self.loaded, power=self.power)
        self.gpus = gpus(self.root)
        self.cards = Cards(self.gpus, self.jobs.own())
        self.nvidia = Nvidia(self.cards, self.inside, self.log, self.idle)

    def world(self) -> World:
        made = service_views.world(*self.views, **self.settings)
        return replace(
            made,
            docker=DockerApi("/nowhere"),
            gpus=self.gpus,
            nvidia=self.nvidia,
            kernel=self.kernel,
            ollama=self.ollama,
            deep=deep(made.docker, models=FakeUse(self.ollama, self.idle)),
            asked=Asked(attended=True),
        )

    async def found(self, check: Check) -> list[Finding]:
        return await run([check], self.world())

    async def the_one(self, check: Check) -> Finding:
        (finding,) = await self.found(check)
        return finding
