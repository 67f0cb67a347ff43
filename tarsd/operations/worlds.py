"""The world that checks see: made anew for each run, so that nothing of an earlier answer is left in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tarsd.catalogue.check import Asked, World
from tarsd.catalogue.counts import Counts, Forgotten
from tarsd.catalogue.views import DaemonView
from tarsd.host import mounts
from tarsd.host.address_pools import AddressPools
from tarsd.host.chroma import Chroma
from tarsd.host.clock import Clock
from tarsd.host.compose import Resolved
from tarsd.host.condition import Condition
from tarsd.host.container_logs import ContainerLogs
from tarsd.host.control_groups import ControlGroups
from tarsd.host.deep import Deep
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.images import Images
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.kernel_tail import KernelTail
from tarsd.host.listeners import Listeners
from tarsd.host.log_tail import LogTail
from tarsd.host.machine import Machine
from tarsd.host.mounts import Mount
from tarsd.host.nas.sight import Sight
from tarsd.host.network import Network
from tarsd.host.nvidia.senses import Nvidia
from tarsd.host.ollama import Ollama
from tarsd.host.own_files import OwnFiles
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.secret_files import SecretFiles
from tarsd.host.secret_look import SecretLook
from tarsd.host.units import Units
from tarsd.host.volumes import Volumes
from tarsd.operations.render import Renderer
from tarsd.settings import Settings


@dataclass(frozen=True)
class Senses:
    """How the machine itself is looked at; a test hands in another machine."""

    machine: Machine = field(default_factory=Machine)
    clock: Clock = field(default_factory=Clock)
    disks: Disks = field(default_factory=Disks)
    mount: Callable[[str], Mount | None] = mounts.find
    units: Units = field(default_factory=Units)
    condition: Condition = field(default_factory=Condition)
    groups: ControlGroups = field(default_factory=ControlGroups)
    own: OwnFiles = field(default_factory=OwnFiles)


def nobody() -> DaemonView | None:
    """It is not the daemon who asks."""
    return None


@dataclass(frozen=True)
class Sources:
    """What lasts from one world to the next: sessions, and what has been learned."""

    nas: Sight
    nvidia: Nvidia
    kernel: KernelNotes
    ollama: Ollama
    http: HttpSession
    deep: Deep
    counts: Counts = field(default_factory=Forgotten)
    daemon: Callable[[], DaemonView | None] = nobody


@dataclass(frozen=True)
class Worlds:
    """Makes worlds for any settings, whether they are in force or not."""

    docker: DockerApi
    jobs: OwnJobs
    renderer: Renderer
    senses: Senses
    sources: Sources

    def world(self, settings: Settings, asked: Asked) -> World:
        """One for one run of checks."""
        renderer = replace(self.renderer, settings=lambda: settings)
        once = _Once(renderer)
        secrets = SecretFiles(renderer.paths.secrets)
        return World(
            self.docker,
            renderer.compose,
            project=renderer.compose.project,
            state=str(renderer.paths.state),
            settings=settings,
            asked=asked,
            stack=once.stack,
            compose_warnings=once.warnings,
            images=Images(self.docker),
            machine=self.senses.machine,
            clock=self.senses.clock,
            disks=self.senses.disks,
            gpus=renderer.gpus,
            mount=self.senses.mount,
            network=Network(self.jobs),
            listeners=Listeners(self.docker, self.jobs),
            units=self.senses.units,
            deep=self.sources.deep,
            own=self.senses.own,
            paths=renderer.paths,
            condition=self.senses.condition,
            kernel_log=KernelTail(self.jobs),
            jobs=self.jobs,
            secrets=SecretLook(secrets, renderer.paths.override),
            log_tail=LogTail(self.docker, secrets.hider),
            volumes=Volumes(self.docker, self.jobs),
            ollama=self.sources.ollama,
            chroma=Chroma(self.sources.http, lambda: settings.ports.chromadb),
            counts=self.sources.counts,
            groups=self.senses.groups,
            logs=ContainerLogs(self.docker),
            pools=AddressPools(self.docker),
            nas=self.sources.nas,
            nvidia=self.sources.nvidia,
            kernel=self.sources.kernel,
            daemon=self.sources.daemon(),
        )


class _Once:
    """The rendered stack, for which Compose is run once however many checks ask."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._resolved: Resolved | None = None

    async def stack(self) -> Mapping[str, Any]:
        return (await self._ask()).stack

    async def warnings(self) -> Sequence[str]:
        return (await self._ask()).warnings

    async def _ask(self) -> Resolved:
        if self._resolved is None:
            self._resolved = await self._renderer.resolve()
        return self._resolved
