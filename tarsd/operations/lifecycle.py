"""Start, stop and restart of services, with the owner's wish on disk before the act."""

from collections.abc import Iterable, Mapping
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import UnknownService
from tarsd.host.containers import Containers
from tarsd.host.generations import Generation, Generations
from tarsd.operations.apply import current
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

    def __init__(self, containers: Containers, generations: Generations) -> None:
        self._containers = containers
        self._generations = generations

    async def do(self, step: Step) -> None:
        """Args: services."""
        generation = current(self._generations)
        wanted: list[str] = step.task.args["services"]
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


class StartTask:
    """Starts services in order, recreating nothing, and waits until they are healthy."""

    kind = "start"
    version = 1

    def __init__(self, starter: Starter, generations: Generations) -> None:
        self._starter = starter
        self._generations = generations

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: services. Result: a verdict; a service that stays unhealthy is NO-GO and is left to be looked at."""
        generation = current(self._generations)
        wanted: list[str] = step.task.args["services"]
        outcome = await self._starter.start(generation, wanted, step, recreate=False)
        if outcome.late:
            return {"verdict": "NO-GO", "failures": failures(outcome.late)}
        warnings = [warning.as_json() for warning in outcome.warnings]
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
    stop = Planned("stop", "stop", args)
    start = Planned("start", "start and wait until healthy", args)
    if action == "stop":
        return [Planned(intent.kind, intent.summary, {**args, "wanted": "stopped"}), stop]
    return [intent, stop, start] if action == "restart" else [intent, start]
