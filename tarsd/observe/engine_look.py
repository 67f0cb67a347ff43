"""What the Engine shows of itself and of the stack, asked within a deadline."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tarsd.catalogue.docker import SUPPORTED
from tarsd.catalogue.views import EngineView
from tarsd.engine.standing import Standing
from tarsd.engine.truth import Truth
from tarsd.host.containers import MEMORY_DEADLINE, Container, Containers
from tarsd.host.docker_api import RESTART
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

    def __init__(
        self, standing: Standing, containers: Containers, truth: Truth | None = None
    ) -> None:
        self._standing = standing
        self._containers = containers
        self._truth = truth

    async def look(self) -> Seen:
        """What events have kept up to date, if any, else what the Engine answers now."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        known = self._truth.snapshot if self._truth is not None and self._truth.fresh else None
        if known is not None and known.containers is not None:
            containers = list(known.containers.values())
            memory = await self._memory(containers, MEMORY_DEADLINE)
            if any(memory.values()) or not any(it.state == "running" for it in containers):
                return _seen(known.engine, containers, memory)
            # Nothing of what it was asked was answered: it may have hung since the last look.
        view, found = await self._standing.ask(self._containers.all, begun + DEADLINE - loop.time())
        if found is None:
            return _seen(view)
        memory = await self._memory(found, begun + DEADLINE - loop.time())
        return _seen(view, found, memory)

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


def _seen(
    view: EngineView,
    containers: list[Container] | None = None,
    memory: Mapping[str, int | None] | None = None,
) -> Seen:
    engine = EngineStatus(status=view.status, version=view.version, message=view.why)
    return Seen(engine, containers, dict(memory or {}), view.docker_root)


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
