"""What the Engine shows of itself and of the stack, asked within a deadline."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tarsd.catalogue.docker import SUPPORTED
from tarsd.catalogue.views import EngineView
from tarsd.engine.standing import Standing
from tarsd.engine.truth import Truth
from tarsd.host.containers import MEMORY_DEADLINE, Container, Containers
from tarsd.host.control_groups import ControlGroups
from tarsd.host.docker_api import RESTART
from tarsd.observe.model import EngineStatus, Problem

DEADLINE = 1.3
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""

KERNEL_DEADLINE = 0.2
"""Seconds for files that are read in a tenth of a millisecond."""

JUST_HEARD = 2.0
"""Seconds for which an Engine that has told or answered something is not asked whether it still answers."""


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
        self,
        standing: Standing,
        containers: Containers,
        truth: Truth | None = None,
        groups: ControlGroups | None = None,
    ) -> None:
        self._standing = standing
        self._containers = containers
        self._truth = truth
        self._groups = groups

    async def look(self) -> Seen:
        """What events have kept up to date, if any, else what the Engine answers now."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        known = self._truth.snapshot if self._truth is not None and self._truth.fresh else None
        if known is not None and known.containers is not None:
            containers = list(known.containers.values())
            memory = await self._by_kernel(containers)
            if memory and await self._answers():
                return _seen(known.engine, containers, memory)
            if not memory:
                memory = await self._by_engine(containers, MEMORY_DEADLINE)
                if any(memory.values()) or not any(it.state == "running" for it in containers):
                    return _seen(known.engine, containers, memory)
            # Nothing of what it was asked was answered: it may have hung since the last look.
        view, found = await self._standing.ask(self._containers.all, begun + DEADLINE - loop.time())
        if found is None:
            return _seen(view)
        memory = await self._by_kernel(found) or await self._by_engine(
            found, begun + DEADLINE - loop.time()
        )
        return _seen(view, found, memory)

    async def _answers(self) -> bool:
        """Whether the Engine has not hung since the last look."""
        age = self._truth.stream_age if self._truth is not None else None
        if age is not None and age < JUST_HEARD:
            return True
        _, answer = await self._standing.ask(self._containers.networks, MEMORY_DEADLINE)
        return answer is not None

    async def _by_kernel(self, containers: Sequence[Container]) -> dict[str, int | None]:
        """What each uses; nothing at all where the kernel cannot be asked. One that it does not know of has just ended."""
        running = [it.id for it in containers if it.state == "running"]
        if self._groups is None:
            return {}
        told = await self._groups.memory(running, KERNEL_DEADLINE)
        return {it.service: told.get(it.id) for it in containers} if told else {}

    async def _by_engine(
        self, containers: Sequence[Container], seconds: float
    ) -> dict[str, int | None]:
        """The same; one that is not told in time costs nothing but its own figure."""
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
