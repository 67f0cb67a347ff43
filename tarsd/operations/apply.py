"""Makes the machine run the current generation."""

from collections.abc import Callable, Mapping
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import NotInstalled, ServiceNotHealthy
from tarsd.host.blocking import whole
from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Generation, Generations
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.health import Late
from tarsd.operations.starter import Starter, failures
from tarsd.settings import Settings
from tarsd.store.intent import IntentStore, Wanted

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
        secrets: SecretFiles,
        settings: Callable[[], Settings],
    ) -> None:
        self._starter = starter
        self._compose = compose
        self._containers = containers
        self._generations = generations
        self._intent = intent
        self._secrets = secrets
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: the verdict. Raises ServiceNotHealthy, StackInvalid."""
        generation = current(self._generations)
        services = sorted(generation.services)
        await self._remove_half_made()
        if "wishes" not in step.task.memo:
            step.task.memo["wishes"] = dict(await self._intent.all())
            await step.remember()
        await self._intent.want(services, "running", step.change.summary)
        late = await self._starter.start(generation, services, step, recreate=True)
        if late:
            raise await self._not_healthy(late)
        await self._remove_strays(generation)
        await whole(self._generations.drop_old)
        result = step.change.result or {}
        return {
            "verdict": "GO",
            "passed": result.get("passed", 0) + len(services),
            "open": addresses(generation, self._settings()),
            "next": ["tarsctl status"],
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
            await self._compose.down(generation.compose_file)
        await self._intent.put_back(wishes, f"undo of: {step.change.summary}")

    async def _not_healthy(self, late: list[Late]) -> ServiceNotHealthy:
        """The error, with each service's last words: on a first install its container is gone afterwards."""
        seen = await self._containers.by_service()
        logs = {it.service: await self._tail(seen[it.service]) for it in late if it.service in seen}
        told = [
            Late(it.service, "; it said: ".join([it.reason, *last_line(logs.get(it.service, ""))]))
            for it in late
        ]
        first = told[0]
        return ServiceNotHealthy(
            f"cannot get {first.service} healthy: {first.reason}",
            fix=f"tarsctl logs {first.service}",
            details={"failures": failures(told), "logs": logs},
        )

    async def _tail(self, container: Container) -> str:
        chunks = [chunk async for chunk in self._containers.logs(container, 20, follow=False)]
        return self._secrets.hide(b"".join(chunks).decode(errors="replace")[-4000:])

    async def _remove_half_made(self) -> None:
        """Remove containers that were created and never started, as a power cut leaves them; volumes stay."""
        for container in await self._containers.all():
            if container.state == "created":
                await self._containers.remove(container.id)

    async def _remove_strays(self, generation: Generation) -> None:
        """Take down containers of services that the generation no longer has; volumes stay."""
        for container in await self._containers.all():
            if container.service not in generation.services:
                await self._containers.stop(container.id, STRAY_GRACE)
                await self._containers.remove(container.id)


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


def addresses(generation: Generation, settings: Settings) -> list[str]:
    """What a person can open in a browser."""
    if "webui" not in generation.services:
        return []
    return [f"http://localhost:{settings.ports.webui}"]
