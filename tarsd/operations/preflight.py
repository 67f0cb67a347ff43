"""Before anything is touched: is this machine one the stack can run on?"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding
from tarsd.changes.model import Step
from tarsd.engine.runner import run
from tarsd.errors import EngineRefused, EngineUnavailable, Preflight
from tarsd.host.containers import Containers
from tarsd.operations.answers import Answers, answered, written
from tarsd.operations.verdict import failing, judged
from tarsd.operations.worlds import Worlds
from tarsd.paths import Paths


class PreflightTask:
    """Runs the catalogue's checks on the settings as they will be; a failing one ends the change before it began."""

    kind = "preflight"
    version = 1

    def __init__(
        self, checks: Sequence[Check], paths: Paths, worlds: Worlds, containers: Containers
    ) -> None:
        self._checks = checks
        self._paths = paths
        self._worlds = worlds
        self._containers = containers

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: answers, pull. Result: `passed`, `warnings` and `failures`. Raises Preflight, ConfigInvalid."""
        args = step.task.args
        answers = Answers.of(args.get("answers", {}))
        given = await asyncio.to_thread(answered, self._paths, answers, written(self._paths))
        asked = Asked(args.get("pull", True), given.overruled)
        findings = await run(self._checks, self._worlds.world(given.settings, asked))
        step.progress(len(findings), len(findings), "steps")
        result = judged(findings, self._checks)
        failures = failing(findings, self._checks)
        if failures:
            step.change.result = {
                **result,
                "unchanged": await self._running(),
                "next": ["sudo tarsctl install --dry-run"],
            }
            raise self._refusal(step.change.summary, failures)
        return {key: value for key, value in result.items() if key != "verdict"}

    async def undo(self, step: Step) -> None:
        """Nothing was touched."""

    async def _running(self) -> int | None:
        """How many services run on; None where the Engine cannot be asked."""
        try:
            return sum(it.state == "running" for it in await self._containers.all())
        except (EngineUnavailable, EngineRefused):
            return None

    def _refusal(self, what: str, failures: Sequence[Finding]) -> Preflight:
        first = failures[0]
        usual = {check.id: check.subject for check in self._checks}
        subject = "" if first.subject == usual[first.id] else f"{first.subject}: "
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return Preflight(
            f"cannot {what}: {first.id}: {subject}{first.summary}{more}",
            fix=first.fix,
            details={"failures": [finding.as_json() for finding in failures]},
        )
