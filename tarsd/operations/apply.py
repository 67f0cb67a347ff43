"""Makes the machine run the current generation."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import (
    EngineRefused,
    EngineUnavailable,
    GenerationDamaged,
    NotInstalled,
    ServiceNotHealthy,
)
from tarsd.host.blocking import whole
from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Generation, Generations
from tarsd.operations.addresses import Addresses
from tarsd.operations.engine_wait import patiently
from tarsd.operations.lost_volumes import LostVolumes
from tarsd.operations.newborn import end_newborn
from tarsd.operations.stale_readers import StaleReaders
from tarsd.operations.starter import Starter, failures
from tarsd.operations.watch import Late
from tarsd.settings import Settings
from tarsd.store.intent import IntentStore, Wanted

LOG_DEADLINE = 10.0
LOG_KEPT = 4000
"""Seconds to read, and characters to keep, of what a service said that did not get healthy."""

STRAY_GRACE = 30
"""Seconds to stop a container whose own grace is no longer written anywhere."""


class ApplyTask:
    """Creates and starts everything of the generation; undo brings back the one before, or removes the containers."""

    kind = "apply"
    version = 1

    def __init__(
        self,
        starter: Starter,
        compose: Compose,
        containers: Containers,
        generations: Generations,
        intent: IntentStore,
        settings: Callable[[], Settings],
        addresses: Addresses,
        stale: StaleReaders,
        lost: LostVolumes,
    ) -> None:
        self._lost = lost
        self._starter = starter
        self._compose = compose
        self._containers = containers
        self._generations = generations
        self._intent = intent
        self._settings = settings
        self._addresses = addresses
        self._stale = stale

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: the verdict. Raises ServiceNotHealthy, StackInvalid, EngineUnavailable after minutes without it."""
        return await patiently(lambda: self._do(step), step)

    async def _do(self, step: Step) -> Mapping[str, Any]:
        generation = current(self._generations)
        services = sorted(generation.services)
        await self._remove_half_made()
        if "wishes" not in step.task.memo:
            step.task.memo["volumes"] = await self._containers.volumes()
            step.task.memo["wishes"] = dict(await self._intent.all())
            await step.remember()
        await self._intent.want(services, "running", step.change.summary)
        await self._stale.restart(generation, step)
        before = await self._running()
        lost = await self._lost.of(self._earlier(step), generation, services, step)
        outcome = await self._starter.start(generation, services, step, recreate=True)
        if outcome.late:
            raise await self._not_healthy(outcome.late)
        await self._remove_strays(generation)
        await whole(self._generations.drop_old)
        result = step.change.result or {}
        return {
            "verdict": "GO",
            "passed": result.get("passed", 0) + len(services),
            "warnings": [
                *result.get("warnings", []),
                *(it.as_json() for it in lost),
                *(warning.as_json() for warning in outcome.warnings),
            ],
            "unchanged": len(before & await self._running()),
            "open": await self._addresses.open(generation, self._settings()),
            "next": _next(generation, step.task.memo["volumes"]),
        }

    async def undo(self, step: Step) -> None:
        """Bring back the generation before, which the generation task has named in the result."""
        if "wishes" not in step.task.memo:
            return
        await (
            self._containers.all()
        )  # an Engine that is away is waited for; Compose's word for it is not clear
        wishes: dict[str, Wanted] = step.task.memo["wishes"]
        number: int | None = (step.change.result or {}).get("before")
        if number is not None:
            before = self._generations.get(number)
            await self._starter.bring_back(before, wishes)
            await self._remove_strays(before)
        elif (generation := self._generations.current()) is not None:
            if "volumes" in step.task.memo:
                await end_newborn(self._containers, generation, step.task.memo["volumes"])
            await self._compose.down(generation.compose_file)
        await self._intent.put_back(wishes, f"undo of: {step.change.summary}")

    def _earlier(self, step: Step) -> Generation | None:
        """The generation before, which may be what an install is to mend; what it kept is then not known."""
        number: int | None = (step.change.result or {}).get("before")
        try:
            return None if number is None else self._generations.get(number)
        except GenerationDamaged:
            return None

    async def _running(self) -> set[tuple[str, datetime | None]]:
        """The containers that run, each with its start: the same pair later means that it ran on."""
        found = await self._containers.all()
        return {(it.id, it.started) for it in found if it.state == "running"}

    async def _not_healthy(self, late: list[Late]) -> ServiceNotHealthy:
        """The error, with each service's last words: on a first install its container is gone afterwards."""
        seen = await self._containers.by_service()
        logs = {it.service: await self._tail(seen[it.service]) for it in late if it.service in seen}
        told = [
            replace(
                it, reason="; it said: ".join([it.reason, *last_line(logs.get(it.service, ""))])
            )
            for it in late
        ]
        first = told[0]
        return ServiceNotHealthy(
            f"cannot get {first.service} healthy: {first.reason}",
            fix=first.fix or f"tarsctl logs {first.service}",
            details={"failures": failures(told), "logs": logs},
        )

    async def _tail(self, container: Container) -> str:
        """The log's last lines, or why there are none: a log must not cost the verdict."""
        try:
            return (await asyncio.wait_for(self._read_log(container), LOG_DEADLINE))[-LOG_KEPT:]
        except asyncio.TimeoutError:
            return f"the Engine has not shown the log within {LOG_DEADLINE:.0f} s"
        except (EngineUnavailable, EngineRefused) as error:
            return error.message

    async def _read_log(self, container: Container) -> str:
        chunks = [chunk async for chunk in self._containers.logs(container, 20, follow=False)]
        return b"".join(chunks).decode(errors="replace")

    async def _remove_half_made(self) -> None:
        """Remove containers that were created and never started, as a power cut leaves them; volumes stay."""
        for container in await self._containers.all():
            if container.state == "created":
                await self._containers.remove(container.id)

    async def _remove_strays(self, generation: Generation) -> None:
        """Take down containers of services that the generation no longer has; volumes stay."""
        for container in await self._containers.all():
            if container.service not in generation.services:
                await self._starter.before_removing(container)
                await self._containers.stop(container.id, STRAY_GRACE)
                await self._containers.remove(container.id)


def _next(generation: Generation, volumes: Sequence[str]) -> list[str]:
    """What to do next; `volumes` are those that were there before. A new web UI lets nobody in without its password."""
    webui = generation.services.get("webui")
    new = webui is not None and not webui.volumes <= set(volumes)
    logs = "ollama" in generation.services
    return [
        *(["sudo tarsctl secrets show admin-password"] if new else []),
        "tarsctl status",
        *(["tarsctl logs ollama"] if logs else []),
    ]


def last_line(log: str) -> list[str]:
    """The last line that says anything, cut to 160 characters; none where there is none."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return [line[:160] for line in lines[-1:]]


def current(generations: Generations) -> Generation:
    """The current generation; raises NotInstalled."""
    generation = generations.current()
    if generation is None:
        raise NotInstalled("cannot find a stack: nothing is installed", fix="sudo tarsctl install")
    return generation
