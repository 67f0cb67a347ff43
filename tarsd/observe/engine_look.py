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


IDENTITY_AGE = 60.0
"""Seconds that version and kind of an Engine are taken as known while it answers: asking costs it 4 ms each time."""


@dataclass(frozen=True)
class _Identity:
    """What an Engine says of itself, and until when, on the loop's clock, that is taken as known."""

    engine: EngineStatus
    docker_root: str | None
    until: float


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
        self._identity: _Identity | None = None

    async def look(self) -> Seen:
        """Ask now."""
        try:
            return await asyncio.wait_for(self._ask(), DEADLINE)
        except asyncio.TimeoutError:
            message = f"the Docker Engine has not answered for {DEADLINE} s"
            found = EngineStatus(status="hung", version=None, message=message)
        except EngineUnsupported as error:
            found = EngineStatus(status="unsupported", version=None, message=error.message)
        except (EngineUnavailable, EngineRefused) as error:
            found = EngineStatus(status="down", version=None, message=error.message)
        self._identity = None  # what answers next may be another Engine
        return Seen(found)

    async def _ask(self) -> Seen:
        identity, containers = await asyncio.gather(self._identify(), self._containers.all())
        used = await asyncio.gather(*(self._containers.memory(it.id) for it in containers))
        memory = {container.service: use for container, use in zip(containers, used, strict=True)}
        return Seen(identity.engine, containers, memory, identity.docker_root)

    async def _identify(self) -> _Identity:
        now = asyncio.get_running_loop().time()
        if self._identity is not None and now < self._identity.until:
            return self._identity
        version, info = await asyncio.gather(self._docker.version(), self._docker.object("/info"))
        number = str(version.get("Version"))
        engine = EngineStatus(status="ok", version=number, message=None)
        flavour = unsupported(info, version)
        if flavour is not None:
            message = f"the Engine is {flavour}, which is not supported"
            engine = EngineStatus(status="unsupported", version=number, message=message)
        root = info.get("DockerRootDir")
        self._identity = _Identity(
            engine, root if isinstance(root, str) else None, now + IDENTITY_AGE
        )
        return self._identity


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
