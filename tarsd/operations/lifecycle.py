"""Start, stop and restart of services, with the owner's wish on disk before the act."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import StackInvalid, UnknownService
from tarsd.host.containers import Containers
from tarsd.host.generations import Generation, Generations
from tarsd.operations.apply import current
from tarsd.operations.lost_volumes import LostVolumes
from tarsd.operations.made_files import absent
from tarsd.operations.starter import Starter, failures
from tarsd.store.intent import IntentStore, Wanted


class IntentTask:
    """Records what the owner wants of services; undo puts their earlier wish back."""

    kind = "intent"
    version = 1

    def __init__(self, intent: IntentStore) -> None:
        self._intent = intent

    async def do(self, step: Step) -> None:
        """Args: services, wanted."""
        services: list[str] = step.task.args["services"]
        if "before" not in step.task.memo:
            before = await self._intent.all()
            step.task.memo["before"] = {name: before.get(name, "running") for name in services}
            await step.remember()
        await self._intent.want(services, step.task.args["wanted"], step.change.summary)

    async def undo(self, step: Step) -> None:
        """Back to the wish before."""
        before: dict[str, Wanted] = step.task.memo.get("before", {})
        for service, wanted in before.items():
            await self._intent.want([service], wanted, f"undo of: {step.change.summary}")


class StopTask:
    """Stops containers, dependants first, each with its own grace."""

    kind = "stop"
    version = 1

    def __init__(self, containers: Containers, generations: Generations, secrets: Path) -> None:
        self._containers = containers
        self._generations = generations
        self._secrets = secrets

    async def do(self, step: Step) -> None:
        """Args: services; `again`, where they are to be started again. Raises StackInvalid where they could not be."""
        generation = current(self._generations)
        wanted: list[str] = step.task.args["services"]
        if step.task.args.get("again") and "stopped" not in step.task.memo:
            await self._require_files(generation, wanted)
        seen = await self._containers.by_service()
        order = [name for layer in reversed(generation.start_order()) for name in layer]
        names = [name for name in order if name in wanted and name in seen]
        up = [name for name in names if seen[name].state in ("running", "restarting", "paused")]
        step.task.memo.setdefault("stopped", up)
        await step.remember()
        for number, name in enumerate(up):
            step.progress(number, len(up), "steps", f"stopping {name}")
            await self._containers.stop(seen[name].id, generation.services[name].stop_grace)
        step.progress(len(up), len(up), "steps")

    async def undo(self, step: Step) -> None:
        """Start again what was running, in the order of the stack."""
        stopped: list[str] = step.task.memo.get("stopped", [])
        if not stopped:
            return
        seen = await self._containers.by_service()
        for name in reversed(stopped):
            if name in seen:
                await self._containers.start(seen[name].id)

    async def _require_files(self, generation: Generation, services: list[str]) -> None:
        stack = await asyncio.to_thread(generation.stack)
        if gone := await asyncio.to_thread(absent, stack, self._secrets):
            raise StackInvalid(
                f"cannot restart {', '.join(services)}: {gone[0]} is missing, "
                "and without it nothing of the stack comes up again; nothing was stopped",
                fix="sudo tarsctl install --dry-run",
            )


class StartTask:
    """Starts services in order, recreating nothing, and waits until they are healthy."""

    kind = "start"
    version = 1

    def __init__(self, starter: Starter, generations: Generations, lost: LostVolumes) -> None:
        self._starter = starter
        self._generations = generations
        self._lost = lost

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: services. Result: a verdict; a service that stays unhealthy is NO-GO and is left to be looked at."""
        generation = current(self._generations)
        wanted: list[str] = step.task.args["services"]
        lost = await self._lost.of(generation, generation, wanted, step)
        outcome = await self._starter.start(generation, wanted, step, recreate=False)
        warnings = [warning.as_json() for warning in (*lost, *outcome.warnings)]
        if outcome.late:
            return {
                "verdict": "NO-GO",
                "warnings": warnings,
                "failures": failures(outcome.late),
            }
        return {"verdict": "GO", "passed": len(wanted), "warnings": warnings, "failures": []}

    async def undo(self, step: Step) -> None:
        """What runs is not stopped: the owner wanted it running."""


def chosen(generation: Generation, services: Iterable[str]) -> list[str]:
    """The named services, or all if none is named. Raises UnknownService."""
    names = list(dict.fromkeys(services))
    for name in names:
        if name not in generation.services:
            raise UnknownService(
                f"cannot find a service {name!r}; there are: {', '.join(sorted(generation.services))}",
                fix="tarsctl status",
            )
    return names or sorted(generation.services)


def plan(action: str, services: list[str]) -> list[Planned]:
    """The tasks of `start`, `stop` and `restart`."""
    args = {"services": services}
    intent = Planned("intent", "record what is wanted", {**args, "wanted": "running"})
    stop = Planned("stop", "stop", {**args, "again": action == "restart"})
    start = Planned("start", "start and wait until healthy", args)
    if action == "stop":
        return [Planned(intent.kind, intent.summary, {**args, "wanted": "stopped"}), stop]
    return [intent, stop, start] if action == "restart" else [intent, start]
