"""Before anything is touched: is this machine one the stack can run on?"""

from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.changes.model import Step
from tarsd.engine.runner import run
from tarsd.errors import Preflight


class PreflightTask:
    """Runs the catalogue's checks; a failing one ends the change before it began."""

    kind = "preflight"
    version = 1

    def __init__(self, checks: Sequence[Check], world: World) -> None:
        self._checks = checks
        self._world = world

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `passed`, `warnings` and `failures`. Raises Preflight."""
        findings = await run(self._checks, self._world)
        step.progress(len(findings), len(findings), "steps")
        failures = [it for it in findings if it.status in (Status.FAIL, Status.UNKNOWN)]
        if failures:
            first = failures[0]
            raise Preflight(
                f"cannot {step.change.summary}: {first.id}: {first.summary}",
                fix=first.fix,
                details={"failures": [finding.as_json() for finding in failures]},
            )
        return counted(findings)

    async def undo(self, step: Step) -> None:
        """Nothing was touched."""


def counted(findings: Sequence[Finding]) -> dict[str, Any]:
    """The part of a verdict that findings give."""
    return {
        "passed": sum(finding.status is Status.PASS for finding in findings),
        "warnings": [it.as_json() for it in findings if it.status is Status.WARN],
        "failures": [it.as_json() for it in findings if it.status is Status.FAIL],
    }
