"""Brings the current generation up, layer by layer, each healthy before the next."""

from collections.abc import Callable, Mapping
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.errors import NotInstalled, ServiceNotHealthy
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.generations import Generation, Generations
from tarsd.operations.health import Late, wait_healthy
from tarsd.settings import Settings
from tarsd.store.intent import IntentStore


class ApplyTask:
    """Creates and starts everything of the generation; undo brings back the one before, or removes the containers."""

    kind = "apply"
    version = 1

    def __init__(
        self,
        compose: Compose,
        containers: Containers,
        generations: Generations,
        intent: IntentStore,
        settings: Callable[[], Settings],
    ) -> None:
        self._compose = compose
        self._intent = intent
        self._containers = containers
        self._generations = generations
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: the verdict. Raises ServiceNotHealthy, StackInvalid."""
        generation = current(self._generations)
        settings = self._settings()
        await self._intent.want(generation.services, "running", step.change.summary)
        for layer in generation.start_order():
            step.say(f"starting {', '.join(layer)}")
            await self._compose.up(generation.compose_file, layer, recreate=True)
            late = await wait_healthy(self._containers, layer, settings.start.deadline, step)
            if late:
                raise await self._not_healthy(late)
        total = len(generation.services)
        step.progress(total, total, "steps", "all services are healthy")
        result = step.change.result or {}
        return {
            "verdict": "GO",
            "passed": result.get("passed", 0) + total,
            "open": addresses(generation, settings),
            "next": ["tarsctl status"],
        }

    async def undo(self, step: Step) -> None:
        """The generation task, undone after this one, holds the number of the one before."""
        number = _generation_before(step)
        if number is not None:
            before = self._generations.get(number)
            await self._compose.up(before.compose_file, sorted(before.services), recreate=True)
        elif (generation := self._generations.current()) is not None:
            await self._compose.down(generation.compose_file)
            await self._intent.forget()

    async def _not_healthy(self, late: list[Late]) -> ServiceNotHealthy:
        seen = {container.service: container for container in await self._containers.all()}
        logs = {
            it.service: await self._tail(seen[it.service].id) for it in late if it.service in seen
        }
        first = late[0]
        return ServiceNotHealthy(
            f"cannot get {first.service} healthy: {first.reason}",
            fix=f"look at its last lines: tarsctl logs {first.service}",
            details={"failures": failures(late), "logs": logs},
        )

    async def _tail(self, container_id: str) -> str:
        lines = [chunk async for chunk in self._containers.logs(container_id, 20, follow=False)]
        return b"".join(lines).decode(errors="replace")[-4000:]


def _generation_before(step: Step) -> int | None:
    for task in step.change.tasks:
        if task.kind == "generation":
            return task.memo.get("before")
    return None


def failures(late: list[Late]) -> list[dict[str, str | None]]:
    """Findings, as JSON, for services that are not healthy."""
    return [
        Finding(
            "service.unhealthy", it.service, Status.FAIL, it.reason, f"tarsctl logs {it.service}"
        ).as_json()
        for it in late
    ]


def current(generations: Generations) -> Generation:
    """The current generation; raises NotInstalled."""
    generation = generations.current()
    if generation is None:
        raise NotInstalled("cannot find a stack: nothing is installed", fix="sudo tarsctl install")
    return generation


def addresses(generation: Generation, settings: Settings) -> list[str]:
    """What a person can open in a browser."""
    if "webui" not in generation.services:
        return []
    return [f"http://localhost:{settings.ports.webui}"]
