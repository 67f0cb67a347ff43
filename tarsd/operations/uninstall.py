"""Takes the stack away: containers and networks; volumes only by the machine's own name, typed."""

import shutil
from collections.abc import Mapping
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import TarsError
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.operations.apply import current
from tarsd.paths import Paths
from tarsd.store.intent import IntentStore


class DownTask:
    """Stops and removes containers and networks; undo brings them up again from the same generation and volumes."""

    kind = "down"
    version = 1

    def __init__(self, compose: Compose, generations: Generations) -> None:
        self._compose = compose
        self._generations = generations

    async def do(self, step: Step) -> None:
        """Compose down, without its volumes option."""
        await self._compose.down(current(self._generations).compose_file)

    async def undo(self, step: Step) -> None:
        """Compose up."""
        generation = current(self._generations)
        await self._compose.up(generation.compose_file, sorted(generation.services), recreate=False)


class PurgeTask:
    """Removes the stack's volumes, and then the secrets and generations that only they needed."""

    kind = "purge-data"
    version = 1

    def __init__(self, containers: Containers, paths: Paths) -> None:
        self._containers = containers
        self._paths = paths

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `removed`, the volumes' names."""
        volumes = await self._containers.volumes()
        step.task.memo["removed"] = sorted({*step.task.memo.get("removed", []), *volumes})
        await step.remember()
        for number, name in enumerate(volumes):
            step.progress(number, len(volumes), "steps", f"removing volume {name}")
            await self._containers.remove_volume(name)
        for directory in (self._paths.secrets, self._paths.generations):
            if directory.exists():
                shutil.rmtree(directory)
        return {"removed": step.task.memo["removed"]}

    async def undo(self, step: Step) -> None:
        """There is none."""
        if step.task.memo.get("removed"):
            raise TarsError("cannot bring removed volumes back", fix="tarsctl restore")


class ForgetTask:
    """Leaves no current generation and no recorded wishes; the generations stay as long as volumes do."""

    kind = "forget"
    version = 1

    def __init__(
        self, generations: Generations, containers: Containers, intent: IntentStore
    ) -> None:
        self._generations = generations
        self._containers = containers
        self._intent = intent

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `kept`, the volumes that stay."""
        step.task.memo.setdefault("before", self._generations.current_number())
        await step.remember()
        self._generations.make_current(None)
        await self._intent.forget()
        return {"kept": await self._containers.volumes()}

    async def undo(self, step: Step) -> None:
        """Make the generation current again."""
        if step.task.memo.get("before") is not None:
            self._generations.make_current(step.task.memo["before"])


def plan(purge_data: bool) -> list[Planned]:
    """The tasks of an uninstall."""
    down = Planned("down", "stop and remove containers and networks", {})
    forget = Planned("forget", "leave no current generation", {})
    purge = Planned("purge-data", "remove volumes, secrets and generations", {})
    return [down, forget, purge] if purge_data else [down, forget]
