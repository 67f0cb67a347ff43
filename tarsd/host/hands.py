"""The acts that faults are mended by, on the real Engine, Compose and systemd. Each comes to its end within a deadline."""

import asyncio
from pathlib import Path

from tarsd.errors import (
    DataMissing,
    JobFailed,
    NotInstalled,
    ServiceMissing,
    StackInvalid,
    UnknownService,
)
from tarsd.host.attachments import Attachments
from tarsd.host.blocking import Asker
from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_unit import UNIT, DockerUnit
from tarsd.host.docker_unit import Service as UnitKeeper
from tarsd.host.generations import Generation, Generations, Service
from tarsd.host.systemd import NoSuchUnit, UnitState

STATE_DEADLINE = 15.0
"""Seconds for systemd to tell how docker.service is; it answers in milliseconds unless it is stuck."""


class EngineHands:
    """See catalogue.hands.ServiceHands. It asks nobody whether it may: that is the remedies' and the healer's part."""

    def __init__(
        self,
        containers: Containers,
        attachments: Attachments,
        compose: Compose,
        generations: Generations,
        docker_unit: DockerUnit,
        units: UnitKeeper,
        secrets: Path,
    ) -> None:
        """`secrets`: the directory of the files that containers are given."""
        self._containers = containers
        self._attachments = attachments
        self._compose = compose
        self._generations = generations
        self._docker_unit = docker_unit
        self._units = units
        self._secrets = secrets
        self._asker = Asker("docker-state")
        self._creating = asyncio.Lock()

    async def start(self, service: str) -> None:
        """Within 60 s. Raises ServiceMissing, EngineRefused (with the Engine's reason), EngineUnavailable."""
        await self._containers.start((await self._container(service)).id)

    async def restart(self, service: str, *, hung: bool) -> None:
        """Within its grace and 90 s; `hung`: the short grace. Raises as start does, UnknownService, and StackInvalid where
        it would not come up again.
        """
        definition = await self._service(service)
        grace = definition.hung_grace if hung else definition.stop_grace
        container = await self._container(service)
        if gone := await asyncio.to_thread(_absent, container, self._secrets):
            raise StackInvalid(
                f"cannot restart {service}: {gone[0]} is missing, and without it nothing comes up again; it was not stopped",
                fix="sudo tarsctl install --dry-run",
            )
        await self._containers.restart(container.id, grace)

    async def stop(self, service: str) -> None:
        """Within its grace and 30 s. Raises as start does, UnknownService."""
        definition = await self._service(service)
        await self._containers.stop((await self._container(service)).id, definition.stop_grace)

    async def create(self, service: str) -> None:
        """Within 10 minutes, and no image is pulled. Volumes, networks and containers that exist stay as they are.

        One after the other: two at once would make a network of that name each, and the Engine cannot tell those apart.
        Raises DataMissing where a volume of the service is gone, DataAtRisk, StackInvalid with Compose's reason,
        EngineRefused, EngineUnavailable, JobFailed.
        """
        async with self._creating:
            await self._create(service)

    async def _create(self, service: str) -> None:
        generation = await self._generation()
        definition = _named(generation, service)
        gone = sorted(definition.volumes - set(await self._containers.every_volume()))
        if gone:
            raise DataMissing(
                f"cannot create {service}: its volume {gone[0]} is gone, and on an empty one it would look well",
                fix=f"restore it; or, to begin with an empty one: tarsctl start {service}",
                details={"volumes": gone},
            )
        await self._compose.up(
            generation.compose_file, [service], recreate=False, start=False, by="healer"
        )
        container = await self._container(service)
        running = container.state == "running"
        if container.cut_off or not running:
            await self._attachments.mend(container.id)
        if not running:
            await self._containers.start(container.id)

    async def restart_engine(self) -> None:
        """Within 4 minutes. Raises JobFailed where its owner stopped it, systemd is at it, or it was restarted just now."""
        state = await self._engine_state()
        if state.moving or state.active not in ("active", "failed"):
            words = f"it is {state.active}" + (", and systemd is at it" if state.moving else "")
            raise JobFailed(
                f"cannot restart {UNIT}: {words}; it is left as it is",
                fix="systemctl status docker; sudo systemctl start docker",
            )
        await self._docker_unit.restart()

    async def _engine_state(self) -> UnitState:
        try:
            return await self._asker.ask(lambda: self._units.state(UNIT), STATE_DEADLINE)
        except NoSuchUnit:
            return UnitState(moving=False, active="inactive")
        except asyncio.TimeoutError as error:
            raise JobFailed(
                f"cannot restart {UNIT}: systemd does not answer", fix="systemctl status"
            ) from error

    async def _container(self, service: str) -> Container:
        """The one that runs, should there be two: a recreation that was cut off leaves its new half beside it."""
        found = [it for it in await self._containers.all() if it.service == service]
        if not found:
            raise ServiceMissing(
                f"cannot find a container of {service}: it has been removed",
                fix=f"tarsctl start {service}",
            )
        return max(found, key=lambda it: (it.state == "running", it.state != "created"))

    async def _service(self, service: str) -> Service:
        return _named(await self._generation(), service)

    async def _generation(self) -> Generation:
        """The current one, read off the loop. Raises NotInstalled, GenerationDamaged."""
        found = await asyncio.to_thread(self._generations.current)
        if found is None:
            raise NotInstalled(
                "cannot mend the stack: nothing is installed", fix="sudo tarsctl install"
            )
        return found


def _named(generation: Generation, service: str) -> Service:
    if service not in generation.services:
        raise UnknownService(
            f"cannot find a service {service!r} in generation {generation.number}",
            fix="tarsctl status",
        )
    return generation.services[service]


def _absent(container: Container, secrets: Path) -> list[Path]:
    """Files of the secrets directory that it has mounted and that are not there. While it runs it does not miss them."""
    mounted = (Path(it.name) for it in container.mounts if it.kind == "bind")
    return sorted(it for it in mounted if it.parent == secrets and not it.exists())
