"""Worlds for checks: everything as it should be, but for what a test changes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding, World
from tarsd.engine.runner import run
from tarsd.host.compose import Compose
from tarsd.host.deep import Deep
from tarsd.host.docker_api import DockerApi
from tarsd.host.gpu import Gpus
from tarsd.host.http import HttpSession
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.leaks import Leaks
from tarsd.host.model_use import ModelUse
from tarsd.host.nas.sight import Sight
from tarsd.host.nvidia.senses import nvidia
from tarsd.host.ollama import Ollama
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.pressure import Pressure
from tarsd.host.probes.probe import Probe
from tarsd.host.secret_files import SecretFiles
from tarsd.host.webui import WebUi
from tarsd.operations.render import Renderer
from tarsd.operations.worlds import Senses, Sources, Worlds
from tarsd.paths import Paths
from tarsd.settings import Settings
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_sight import FakeSight


@dataclass(frozen=True)
class Surroundings:
    """What a world is made of; a test replaces parts of it and asks for one."""

    docker: DockerApi
    jobs: FakeCompose
    paths: Paths
    plugins: Path
    senses: Senses
    gpu_root: Path
    nas: Sight = field(default_factory=FakeSight)
    deep: Deep | None = None

    def world(self, asked: Asked | None = None, **settings: Any) -> World:
        compose = Compose(self.jobs, "tars", self.paths.state, "/nowhere", [self.plugins])
        gpus = Gpus(self.docker, self.gpu_root)
        renderer = Renderer(self.paths, compose, gpus, Settings)
        jobs, kernel, http = OwnJobs(self.jobs, self.paths.program), KernelNotes(), HttpSession()
        sources = Sources(
            nas=self.nas,
            nvidia=nvidia(self.docker, jobs, gpus, kernel),
            kernel=kernel,
            ollama=Ollama(http, lambda: 1),
            http=http,
            deep=self.deep or never_asked(self.docker),
        )
        worlds = Worlds(self.docker, jobs, renderer, self.senses, sources)
        return worlds.world(Settings.model_validate(settings), asked or Asked())

    def with_senses(self, senses: Senses) -> "Surroundings":
        return replace(self, senses=senses)


def never_asked(docker: DockerApi) -> Deep:
    """For worlds in which no service is asked to do anything."""
    return deep(docker)


def deep(
    docker: DockerApi,
    task: Probe | None = None,
    *,
    models: ModelUse | None = None,
    leaks: Leaks | None = None,
    webui: WebUi | None = None,
    pressure: Pressure | None = None,
) -> Deep:
    """Each service has this one task."""

    async def password() -> str:
        return "5ecre7"

    return Deep(
        lambda _: task,
        models or ModelUse(Ollama(HttpSession(), lambda: 9), docker),
        leaks or Leaks(docker, "tars", SecretFiles(Path("/nowhere"))),
        lambda _: webui,
        password,
        lambda: pressure,
    )


def publishes(**services: list[Mapping[str, Any]]) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    """A rendered stack of services that publish such ports."""

    async def stack() -> Mapping[str, Any]:
        return {
            "services": {
                name: {"image": f"{name}:1", "ports": ports} for name, ports in services.items()
            }
        }

    return stack


async def found(check: Check, world: World) -> list[Finding]:
    """What one check finds, asked as the preflight asks it."""
    return await run([check], world)


async def the_one(check: Check, world: World) -> Finding:
    """Its only finding."""
    (finding,) = await found(check, world)
    return finding
