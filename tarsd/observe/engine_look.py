"""What the Engine shows of itself and of the stack, asked within a deadline."""

import asyncio
from dataclasses import dataclass, field

from tarsd.catalogue.docker import SUPPORTED, unsupported
from tarsd.errors import EngineRefused, EngineUnavailable, EngineUnsupported
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import RESTART, DockerApi
from tarsd.observe.model import EngineStatus, Problem

DEADLINE = 1.3
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""


@dataclass(frozen=True)
class Seen:
    """`containers` is None where the Engine could not be asked; memory is in bytes, by service."""

    engine: EngineStatus
    containers: list[Container] | None = None
    memory: dict[str, int | None] = field(default_factory=dict[str, int | None])
    docker_root: str | None = None


class EngineLook:
    """Never raises: an Engine that cannot be asked is part of the answer."""

    def __init__(self, docker: DockerApi, containers: Containers) -> None:
        self._docker = docker
        self._containers = containers

    async def look(self) -> Seen:
        """Ask now."""
        try:
            return await asyncio.wait_for(self._ask(), DEADLINE)
        except asyncio.TimeoutError:
            message = f"the Docker Engine has not answered for {DEADLINE} s"
            return Seen(EngineStatus(status="hung", version=None, message=message))
        except EngineUnsupported as error:
            return Seen(EngineStatus(status="unsupported", version=None, message=error.message))
        except (EngineUnavailable, EngineRefused) as error:
            return Seen(EngineStatus(status="down", version=None, message=error.message))

    async def _ask(self) -> Seen:
        version, info, containers = await asyncio.gather(
            self._docker.version(), self._docker.object("/info"), self._containers.all()
        )
        used = await asyncio.gather(*(self._containers.memory(it.id) for it in containers))
        number = str(version.get("Version"))
        engine = EngineStatus(status="ok", version=number, message=None)
        flavour = unsupported(info, version)
        if flavour is not None:
            message = f"the Engine is {flavour}, which is not supported"
            engine = EngineStatus(status="unsupported", version=number, message=message)
        memory = {container.service: use for container, use in zip(containers, used, strict=True)}
        root = info.get("DockerRootDir")
        return Seen(engine, containers, memory, root if isinstance(root, str) else None)


def engine_problem(engine: EngineStatus) -> Problem | None:
    """What is wrong with the Engine, and what to try; None if nothing is."""
    if engine.status == "ok":
        return None
    ids = {"hung": "docker.hung", "unsupported": "docker.flavour"}
    return Problem(
        id=ids.get(engine.status, "docker.down"),
        subject="docker",
        message=engine.message or "the Docker Engine does not answer",
        fix=SUPPORTED if engine.status == "unsupported" else RESTART,
    )
