"""Builds the status: asks all parts side by side, each within its deadline, and says which could not be asked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.engine.passes import Passes
from tarsd.errors import GenerationDamaged, StateUnavailable
from tarsd.host.blocking import Asker
from tarsd.host.generations import Generation, Generations
from tarsd.observe import services
from tarsd.observe.engine_look import DEADLINE, EngineLook, Seen, engine_problem
from tarsd.observe.model import (
    IncidentsStatus,
    LastEvent,
    Problem,
    RunningChange,
    ServiceStatus,
    Status,
)
from tarsd.observe.parts import Parts
from tarsd.store.intent import IntentStore, Wanted
from tarsd.times import moment, now
from tarsd.version import VERSION

T = TypeVar("T")

NEWS = timedelta(hours=24)
"""For so long an incident that was mended is what to look at next, where nothing else is."""


class Summary:
    """Answers GET /v1/status; never raises for a part that cannot be asked."""

    def __init__(
        self,
        engine: EngineLook,
        generations: Generations,
        intent: IntentStore,
        changes: Changes,
        parts: Parts,
        passes: Passes,
        problems: Callable[[], Sequence[Problem]],
        incidents: Callable[[], IncidentsStatus | None],
    ) -> None:
        self._engine = engine
        self._generations = generations
        self._intent = intent
        self._changes = changes
        self._parts = parts
        self._passes = passes
        self._problems = problems
        self._incidents = incidents
        self._stack = Asker("generation")
        self._docker_root = "/var/lib/docker"

    async def status(self) -> Status:
        """Everything, now."""
        (generation, number, damage), seen, intent, recent, disk, gpu = await asyncio.gather(
            self._installed(),
            self._engine.look(),
            _in_time(self._intent.all()),
            _in_time(self._changes.latest(5)),
            self._parts.disk(self._docker_root),
            self._parts.gpu(),
        )
        self._docker_root = seen.docker_root or self._docker_root
        rows = _rows(generation, seen, intent or {}, self._passes)
        problems = [*_engine_problems(seen), *self._problems(), *damage, *_service_problems(rows)]
        if generation is None and not damage and seen.containers and self._changes.current is None:
            problems.append(_leftover([container.service for container in seen.containers]))
        if intent is None or recent is None:
            problems.append(_STATE_SILENT)
        overall, message = _verdict(generation, damage, seen, rows)
        change = self._changes.current
        incidents = self._incidents()
        return Status(
            machine=socket.gethostname(),
            version=VERSION,
            timestamp=now(),
            overall=overall,
            message=message,
            installed=generation is not None or bool(damage),
            generation=number,
            since=max(
                (it.since for it in rows if it.state == "running" and it.since), default=None
            ),
            services=rows,
            engine=seen.engine,
            gpu=gpu,
            nas=self._parts.nas(),
            disk=disk,
            last=_last(generation, seen, recent or [], incidents),
            change=RunningChange(
                id=change.id, kind=change.kind, summary=change.summary, started=change.started
            )
            if change
            else None,
            incidents=incidents,
            problems=problems,
            next=_next(change.id if change else None, generation, problems, incidents),
        )

    async def _installed(self) -> tuple[Generation | None, int | None, list[Problem]]:
        """The generation, its number, and why it cannot be told."""
        try:
            return await self._stack.ask(self._generation, DEADLINE)
        except asyncio.TimeoutError:
            return None, None, [_STACK_SILENT]

    def _generation(self) -> tuple[Generation | None, int | None, list[Problem]]:
        number = self._generations.current_number()
        try:
            return self._generations.current(), number, []
        except GenerationDamaged as error:
            damage = Problem(
                id="generation.damaged", subject="stack", message=error.message, fix=error.fix
            )
            return None, number, [damage]


_STACK_SILENT = Problem(
    id="generation.silent",
    subject="stack",
    message="the stack's files cannot be read: the disk does not answer",
    fix="journalctl -k -n 30; df -h /var/lib/tars-home",
)

_STATE_SILENT = Problem(
    id="state.db",
    subject="tarsd",
    message="its records cannot be read; what its owner stopped is shown as wanted running",
    fix="df -h /var/lib/tars-home; journalctl -k | tail",
)


def _leftover(services: Sequence[str]) -> Problem:
    return Problem(
        id="stack.leftover",
        subject="stack",
        message=f"nothing is installed, yet there are containers of {', '.join(services)}",
        fix="sudo tarsctl install, to take them over",
    )


async def _in_time(asked: Awaitable[T]) -> T | None:
    """The answer of state.db, or None if the disk does not give one in time."""
    try:
        return await asyncio.wait_for(asked, DEADLINE)
    except (StateUnavailable, asyncio.TimeoutError):
        return None


def _verdict(
    generation: Generation | None,
    damage: Sequence[Problem],
    seen: Seen,
    rows: Sequence[ServiceStatus],
) -> tuple[services.Overall, str]:
    if seen.containers is None:
        return "unknown", "the Docker Engine could not be asked"
    if damage:
        return "unknown", damage[0].message
    return services.overall(rows) if generation else ("stopped", "nothing is installed yet")


def _rows(
    generation: Generation | None, seen: Seen, intent: Mapping[str, Wanted], passes: Passes
) -> list[ServiceStatus]:
    if generation is None:
        return []
    if seen.containers is None:
        return [
            services.unknown_status(service, intent.get(name, "running"))
            for name, service in generation.services.items()
        ]
    by_name = {container.service: container for container in seen.containers}
    return [
        services.service_status(
            service,
            container := by_name.get(name),
            intent.get(name, "running"),
            seen.memory.get(name),
            answered=container is not None and passes.outweighs_docker(container),
        )
        for name, service in generation.services.items()
    ]


def _last(
    generation: Generation | None,
    seen: Seen,
    recent: Sequence[Change],
    incidents: IncidentsStatus | None,
) -> LastEvent | None:
    """The newest of: a change that ended, a container that the Engine started again, an incident that was resolved."""
    found: list[LastEvent | None] = [
        services.last_event(generation, seen.containers or []) if generation else None
    ]
    for change in recent[:5]:
        if change.ended is not None:
            text = f"{change.summary}: {change.status.value}"
            found.append(LastEvent(at=change.ended, text=text))
            break
    if incidents is not None and incidents.last is not None:
        found.append(LastEvent(at=incidents.last.at, text=incidents.last.text))
    return max((it for it in found if it is not None), key=lambda it: it.at, default=None)


def _engine_problems(seen: Seen) -> list[Problem]:
    problem = engine_problem(seen.engine)
    return [problem] if problem else []


def _service_problems(rows: Sequence[ServiceStatus]) -> list[Problem]:
    return [
        Problem(
            id="service.missing" if row.state == "missing" else "service.unhealthy",
            subject=row.name,
            message=f"{row.name} is {row.state}" + (f": {row.message}" if row.message else ""),
            fix=_service_fix(row),
        )
        for row in rows
        if row.wanted == "running"
        and (row.state not in ("running", "unknown") or row.health == "unhealthy")
    ]


def _service_fix(row: ServiceStatus) -> str:
    # the Engine starts it by itself, again and again: one more start mends nothing
    by_itself = row.state in ("running", "restarting")
    return f"tarsctl logs {row.name}" if by_itself else f"tarsctl start {row.name}"


def _next(
    change: str | None,
    generation: Generation | None,
    problems: Sequence[Problem],
    incidents: IncidentsStatus | None,
) -> str | None:
    if change is not None:
        return f"tarsctl watch {change}"
    shown = _to_show(incidents)
    if shown is not None:
        return f"tarsctl incidents show {shown}"
    if problems:
        return problems[0].fix
    if generation is None:
        return "sudo tarsctl install"
    last = incidents.last if incidents is not None else None
    if last is not None and last.id is not None and moment(now()) - moment(last.at) < NEWS:
        return f"tarsctl incidents show {last.id}"
    return None


def _to_show(incidents: IncidentsStatus | None) -> str | None:
    """The incident that the owner should look at: a failure before a warning, the oldest first, none that he knows of."""
    if incidents is None:
        return None
    new = [it for it in incidents.open if it.id is not None and it.acknowledged is None]
    return next((it.id for it in sorted(new, key=lambda it: it.severity)), None)
