"""The end of an install: the databases do a small task each, so that GO means that the work works."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding, Status
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.changes.model import Step
from tarsd.engine.runner import run
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.operations.apply import current
from tarsd.operations.worlds import Worlds
from tarsd.settings import Settings


class ValidateTask:
    """A failure makes the verdict NO-GO and takes nothing back: what runs is no worse than before it was asked."""

    kind = "validate"
    version = 1

    def __init__(
        self,
        checks: Sequence[Check],
        worlds: Worlds,
        settings: Callable[[], Settings],
        containers: Containers,
        generations: Generations,
    ) -> None:
        self._checks = checks
        self._worlds = worlds
        self._settings = settings
        self._containers = containers
        self._generations = generations

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: the verdict with what was found in it. Raises NotInstalled, GenerationDamaged, EngineUnavailable."""
        world = self._worlds.world(self._settings(), Asked(attended=True))
        services = current(self._generations).services
        containers = await self._containers.by_service()
        views = [
            ServiceView(service, containers.get(name), "running", Answers())
            for name, service in services.items()
            if world.deep.task(service) is not None
        ]
        findings = await run(self._checks, replace(world, services=views))
        return with_findings(step.change.result or {}, findings)

    async def undo(self, step: Step) -> None:
        """Nothing was changed."""


def with_findings(before: Mapping[str, Any], findings: Sequence[Finding]) -> dict[str, Any]:
    """The verdict with these in it, too."""
    failures = [it.as_json() for it in findings if it.status is Status.FAIL]
    unknown = [it.as_json() for it in findings if it.status is Status.UNKNOWN]
    return {
        "verdict": "NO-GO" if failures else before.get("verdict", "GO"),
        "passed": before.get("passed", 0) + sum(it.status is Status.PASS for it in findings),
        "warnings": [*before.get("warnings", []), *unknown],
        "failures": [*before.get("failures", []), *failures],
    }
