"""Builds the status: asks all parts at once, each within its deadline, and says which could not be asked."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tarsd.catalogue.docker import SUPPORTED, unsupported
from tarsd.changes.runner import Changes
from tarsd.errors import (
    EngineRefused,
    EngineUnavailable,
    EngineUnsupported,
    GenerationDamaged,
    StateUnavailable,
)
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import RESTART, DockerApi
from tarsd.host.generations import Generation, Generations
from tarsd.observe import services
from tarsd.observe.model import (
    EngineStatus,
    LastEvent,
    Problem,
    RunningChange,
    ServiceStatus,
    Status,
)
from tarsd.observe.parts import Parts
from tarsd.store.intent import IntentStore, Wanted
from tarsd.times import now
from tarsd.version import VERSION

ENGINE_DEADLINE = 1.5
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""


@dataclass(frozen=True)
class _Seen:
    engine: EngineStatus
    containers: list[Container] | None
    memory: dict[str, int | None]
    docker_root: str


class Summary:
    """Answers GET /v1/status; never raises for a part that cannot be asked."""

    def __init__(
        self,
        docker: DockerApi,
        containers: Containers,
        generations: Generations,
        intent: IntentStore,
        changes: Changes,
        parts: Parts,
        problems: Callable[[], Sequence[Problem]],
    ) -> None:
        self._docker = docker
        self._containers = containers
        self._generations = generations
        self._intent = intent
        self._changes = changes
        self._parts = parts
        self._problems = problems

    async def status(self) -> Status:
        """Everything, now."""
        generation, damage = self._generation()
        seen = await self._look(generation is not None)
        rows = await self._rows(generation, seen)
        problems = [*self._problems(), *damage, *_service_problems(rows)]
        if seen.engine.status != "ok":
            problems.insert(0, _engine_problem(seen.engine))
        if seen.containers is None:
            overall, message = "unknown", "the Docker Engine could not be asked"
        elif damage:
            overall, message = "unknown", damage[0].message
        elif generation is None:
            overall, message = "stopped", "nothing is installed yet"
        else:
            overall, message = services.overall(rows)
        running = [row.since for row in rows if row.state == "running" and row.since]
        change = self._changes.current
        return Status(
            machine=socket.gethostname(),
            version=VERSION,
            timestamp=now(),
            overall=overall,
            message=message,
            installed=generation is not None or bool(damage),
            generation=self._generations.current_number(),
            since=max(running, default=None),
            services=rows,
            engine=seen.engine,
            gpu=self._parts.gpu(),
            nas=self._parts.nas(),
            disk=await self._parts.disk(seen.docker_root),
            last=await self._last(generation, seen),
            change=RunningChange(
                id=change.id, kind=change.kind, summary=change.summary, started=change.started
            )
            if change
            else None,
            problems=problems,
            next=_next(change.id if change else None, generation, problems),
        )

    def _generation(self) -> tuple[Generation | None, list[Problem]]:
        try:
            return self._generations.current(), []
        except GenerationDamaged as error:
            damage = Problem(
                id="generation.damaged", subject="stack", message=error.message, fix=error.fix
            )
            return None, [damage]

    async def _look(self, installed: bool) -> _Seen:
        try:
            return await asyncio.wait_for(self._ask_engine(installed), ENGINE_DEADLINE)
        except asyncio.TimeoutError:
            message = f"the Docker Engine has not answered for {ENGINE_DEADLINE} s"
            engine = EngineStatus(status="hung", version=None, message=message)
        except EngineUnsupported as error:
            engine = EngineStatus(status="unsupported", version=None, message=error.message)
        except (EngineUnavailable, EngineRefused) as error:
            engine = EngineStatus(status="down", version=None, message=error.message)
        return _Seen(engine, None, {}, "/var/lib/docker")

    async def _ask_engine(self, installed: bool) -> _Seen:
        version, info = await asyncio.gather(self._docker.version(), self._docker.get("/info"))
        containers = await self._containers.all() if installed else []
        used = await asyncio.gather(*(self._containers.memory(it.id) for it in containers))
        number = str(version.get("Version"))
        engine = EngineStatus(status="ok", version=number, message=None)
        flavour = unsupported(info, version)
        if flavour is not None:
            message = f"the Engine is {flavour}, which is not supported"
            engine = EngineStatus(status="unsupported", version=number, message=message)
        memory = {container.service: use for container, use in zip(containers, used, strict=True)}
        return _Seen(engine, containers, memory, str(info.get("DockerRootDir")))

    async def _rows(self, generation: Generation | None, seen: _Seen) -> list[ServiceStatus]:
        if generation is None:
            return []
        try:
            intent: Mapping[str, Wanted] = await self._intent.all()
        except StateUnavailable:
            intent = {}
        if seen.containers is None:
            return [
                services.unknown_status(service, intent.get(name, "running"))
                for name, service in generation.services.items()
            ]
        by_name = {container.service: container for container in seen.containers}
        return [
            services.service_status(
                service, by_name.get(name), intent.get(name, "running"), seen.memory.get(name)
            )
            for name, service in generation.services.items()
        ]

    async def _last(self, generation: Generation | None, seen: _Seen) -> LastEvent | None:
        found = services.last_event(generation, seen.containers or []) if generation else None
        try:
            newest = [it for it in await self._changes.latest(5) if it.ended][:1]
        except StateUnavailable:
            newest = []
        for change in newest:
            ended = change.ended or ""
            if found is None or ended > found.at:
                return LastEvent(at=ended, text=f"{change.summary}: {change.status.value}")
        return found


def _engine_problem(engine: EngineStatus) -> Problem:
    ids = {"hung": "docker.hung", "unsupported": "docker.flavour"}
    return Problem(
        id=ids.get(engine.status, "docker.down"),
        subject="docker",
        message=engine.message or "the Docker Engine does not answer",
        fix=SUPPORTED if engine.status == "unsupported" else RESTART,
    )


def _service_problems(rows: Sequence[ServiceStatus]) -> list[Problem]:
    return [
        Problem(
            id="service.missing" if row.state == "missing" else "service.unhealthy",
            subject=row.name,
            message=f"{row.name} is {row.state}" + (f": {row.message}" if row.message else ""),
            fix=f"tarsctl start {row.name}"
            if row.state != "running"
            else f"tarsctl logs {row.name}",
        )
        for row in rows
        if row.wanted == "running"
        and (row.state not in ("running", "unknown") or row.health == "unhealthy")
    ]


def _next(
    change: str | None, generation: Generation | None, problems: Sequence[Problem]
) -> str | None:
    if change is not None:
        return f"tarsctl watch {change}"
    if problems:
        return problems[0].fix
    return "sudo tarsctl install" if generation is None else None
