"""Builds the status: asks all parts side by side, each within its deadline, and says which could not be asked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from tarsd.catalogue.views import ServiceView
from tarsd.changes.hiding import Hiding
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.engine.passes import utc_now
from tarsd.errors import GenerationDamaged, StateUnavailable
from tarsd.host.blocking import Asker
from tarsd.host.containers import Container
from tarsd.host.generations import Generation, Generations, Service
from tarsd.observe import services
from tarsd.observe.engine_look import DEADLINE, EngineLook, Seen, engine_problem
from tarsd.observe.health import Word
from tarsd.observe.model import (
    IncidentsStatus,
    LastEvent,
    Problem,
    RunningChange,
    ServiceStatus,
    Status,
)
from tarsd.observe.parts import Parts
from tarsd.observe.problems import merged
from tarsd.observe.supervised import Supervised, boot_status
from tarsd.store.intent import IntentStore, Wanted, Wish
from tarsd.times import moment, now
from tarsd.version import VERSION

T = TypeVar("T")

TO_HIDE = 0.5
"""Seconds to read the secrets, after all else was asked: an answer is due within 2."""

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
        supervised: Supervised,
        hiding: Hiding,
        problems: Callable[[], Sequence[Problem]],
        incidents: Callable[[], IncidentsStatus | None],
    ) -> None:
        self._engine = engine
        self._generations = generations
        self._intent = intent
        self._changes = changes
        self._parts = parts
        self._supervised = supervised
        self._hiding = hiding
        self._problems = problems
        self._incidents = incidents
        self._stack = Asker("generation")
        self._docker_root = "/var/lib/docker"

    async def status(self) -> Status:
        """Everything, now."""
        (generation, number, damage), seen, read, recent, disk, gpu = await asyncio.gather(
            self._installed(),
            self._engine.look(),
            _in_time(self._intent.wishes()),
            _in_time(self._changes.latest(5)),
            self._parts.disk(self._docker_root),
            self._parts.gpu(),
        )
        self._docker_root = seen.docker_root or self._docker_root
        wishes = {**(read or {}), **self._supervised.wishes()}
        rows = await self._without_secrets(_rows(generation, seen, wishes, self._supervised))
        others = [*self._problems(), *damage]
        if generation is None and not damage and seen.containers and self._changes.current is None:
            others.append(_leftover([container.service for container in seen.containers]))
        if read is None or recent is None:
            others.append(_STATE_SILENT)
        incidents = self._incidents()
        problems = merged(
            engine_problem(seen.engine),
            others,
            rows,
            incidents,
            self._supervised.explained,
            {it.name: it.after for it in generation.services.values()} if generation else {},
        )
        overall, message = _verdict(generation, damage, seen, rows)
        change = self._changes.current
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
            boot=boot_status(self._supervised.boot()),
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

    async def _without_secrets(self, rows: list[ServiceStatus]) -> list[ServiceStatus]:
        """What services say of themselves may repeat a password."""
        said = [(row.message, row.answers.message if row.answers else None) for row in rows]
        if not any(words for pair in said for words in pair):
            return rows
        hidden = await self._hiding.of(said, TO_HIDE)
        return [_saying(row, *words) for row, words in zip(rows, hidden, strict=True)]

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
    message="its records cannot be read; what its owner wants is shown as it was known last",
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
    generation: Generation | None,
    seen: Seen,
    wishes: Mapping[str, Wish],
    supervised: Supervised,
) -> list[ServiceStatus]:
    if generation is None:
        return []
    rows: list[ServiceStatus] = []
    by_name = {container.service: container for container in seen.containers or []}
    for name, service in generation.services.items():
        wish = wishes.get(name)
        wanted: Wanted = wish.wanted if wish else "running"
        if seen.containers is None:
            rows.append(services.unknown_status(service, wanted, wish))
            continue
        word = _word(service, by_name.get(name), wanted, supervised)
        rows.append(services.service_status(word, wish, seen.memory.get(name)))
    return rows


def _word(
    service: Service, container: Container | None, wanted: Wanted, supervised: Supervised
) -> Word:
    name, age = service.name, None
    if container is not None and container.state == "running" and container.started is not None:
        age = (utc_now() - container.started).total_seconds()
    answers, passes = supervised.answers(name, container), supervised.passes
    return Word(
        ServiceView(service, container, wanted, answers, age=age),
        supervised.fault(name) if wanted == "running" else None,
        supervised.failures(),
        answered=container is not None and passes.outweighs_docker(container),
        just=container is not None and passes.just_answered(container),
    )


def _saying(row: ServiceStatus, message: str | None, answer: str | None) -> ServiceStatus:
    answers = row.answers and row.answers.model_copy(update={"message": answer})
    return row.model_copy(update={"message": message, "answers": answers})


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
    known = {it.id for it in incidents.open if it.acknowledged} if incidents else set[str]()
    new = next((it for it in problems if it.incident is None or it.incident not in known), None)
    if new is not None:
        return new.fix
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
