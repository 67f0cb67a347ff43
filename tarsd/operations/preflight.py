"""Before anything is touched: is this machine one the stack can run on?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tarsd.catalogue.check import Asked, Check, Finding, Status, World
from tarsd.catalogue.ports import PortTaken, wanted
from tarsd.changes.model import Step
from tarsd.engine.runner import run
from tarsd.errors import EngineRefused, EngineUnavailable, Preflight
from tarsd.host.containers import Containers
from tarsd.operations.answers import Answers, answered, written
from tarsd.operations.held_ports import HeldPorts
from tarsd.operations.verdict import failing, judged
from tarsd.operations.worlds import Worlds
from tarsd.paths import Paths


class PreflightTask:
    """Runs the catalogue's checks on the settings as they will be; a failing one ends the change before it began."""

    kind = "preflight"
    version = 1

    def __init__(
        self,
        checks: Sequence[Check],
        paths: Paths,
        worlds: Worlds,
        containers: Containers,
        ports: HeldPorts,
    ) -> None:
        self._ports = ports
        self._checks = checks
        self._paths = paths
        self._worlds = worlds
        self._containers = containers

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: answers, pull. Result: `passed`, `warnings` and `failures`. Raises Preflight, ConfigInvalid."""
        args = step.task.args
        answers = Answers.of(args.get("answers", {}))
        given = await asyncio.to_thread(answered, self._paths, answers, written(self._paths))
        asked = Asked(args.get("pull", True), given.overruled, install=True)
        world = self._worlds.world(given.settings, asked)
        findings = await run(self._checks, world)
        if failing(findings, self._checks):
            findings = await self._without_left_over_ports(findings, world, step)
        step.progress(len(findings), len(findings), "steps", step.task.detail)
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

    async def _without_left_over_ports(
        self, findings: list[Finding], world: World, step: Step
    ) -> list[Finding]:
        """The findings anew once Docker was restarted, where ports that it holds for nobody are all that is wrong."""
        failures = failing(findings, self._checks)
        if any(it.id != PortTaken.id or it.status is not Status.FAIL for it in failures):
            return findings
        places = wanted(await world.stack(), ())  # for a port of another's nothing is restarted
        left_over = await self._ports.left_over([(it.address, it.port) for it in places])
        if not {it.subject for it in failures} <= {f"port {it}" for it in left_over}:
            return findings
        why = await self._ports.free(left_over, step.say)
        if why is None:
            return await run(self._checks, world)
        return [
            replace(it, summary=f"{it.summary}; {why}") if it in failures else it for it in findings
        ]

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
