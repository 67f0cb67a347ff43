"""What the Engine shows of itself and of the stack, asked within a deadline."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tarsd.catalogue.docker import SUPPORTED, unsupported
from tarsd.errors import EngineRefused, EngineUnavailable, EngineUnsupported
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import RESTART, DockerApi
from tarsd.observe.model import EngineStatus, Problem

DEADLINE = 1.3
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""


HUNG = 10.0
"""Seconds without an answer after which an Engine counts as hung and no longer as slow."""

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
        self._silent_since: float | None = None

    async def look(self) -> Seen:
        """Ask now."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            identity, containers = await asyncio.wait_for(
                asyncio.gather(self._identify(), self._containers.all()), DEADLINE
            )
            self._silent_since = None
        except asyncio.TimeoutError:
            found = self._silent(begun)
        except EngineUnsupported as error:
            found = EngineStatus(status="unsupported", version=None, message=error.message)
        except (EngineUnavailable, EngineRefused) as error:
            found = EngineStatus(status="down", version=None, message=error.message)
        else:
            memory = await self._memory(containers, begun + DEADLINE - loop.time())
            return Seen(identity.engine, containers, memory, identity.docker_root)
        self._identity = None  # what answers next may be another Engine
        return Seen(found)

    def _silent(self, begun: float) -> EngineStatus:
        """Slow at first: what to do about a hung Engine stops the stack, and is nothing for a busy one."""
        if self._silent_since is None:
            self._silent_since = begun
        silence = asyncio.get_running_loop().time() - self._silent_since
        message = f"the Docker Engine has not answered for {silence:.1f} s"
        if silence < HUNG:
            return EngineStatus(
                status="unknown", version=None, message=f"{message}; it may be busy"
            )
        return EngineStatus(status="hung", version=None, message=message)

    async def _memory(
        self, containers: Sequence[Container], seconds: float
    ) -> dict[str, int | None]:
        """What each uses; one that is not told in time costs nothing but its own figure."""
        asked = {
            it.service: asyncio.ensure_future(self._containers.memory(it.id)) for it in containers
        }
        if asked:
            await asyncio.wait(asked.values(), timeout=max(seconds, 0))
        for answer in asked.values():
            answer.cancel()
        return {
            name: answer.result() if answer.done() and not answer.cancelled() else None
            for name, answer in asked.items()
        }

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
    ids = {"hung": "docker.hung", "unknown": "docker.slow", "unsupported": "docker.flavour"}
    fixes = {"unsupported": SUPPORTED, "unknown": "tarsctl status, again in a moment"}
    return Problem(
        id=ids.get(engine.status, "docker.down"),
        subject="docker",
        message=engine.message or "the Docker Engine does not answer",
        fix=fixes.get(engine.status, RESTART),
    )
