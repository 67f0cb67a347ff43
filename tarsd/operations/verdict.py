"""GO or NO-GO: what findings mean for an install."""

from collections.abc import Iterable, Sequence
from typing import Any

from tarsd.catalogue.check import Check, Finding, Status


def failing(findings: Iterable[Finding], checks: Iterable[Check]) -> list[Finding]:
    """What refuses an install: a failure, and what could not be asked where not knowing is as bad (`Check.vital`)."""
    vital = {check.id for check in checks if check.vital}
    return [
        it
        for it in findings
        if it.status is Status.FAIL or (it.status is Status.UNKNOWN and it.id in vital)
    ]


def judged(findings: Sequence[Finding], checks: Iterable[Check]) -> dict[str, Any]:
    """The part of a verdict that findings give. What waits for a failed check is told by that one."""
    failures = failing(findings, checks)
    warnings = [
        it for it in findings if it.status in (Status.WARN, Status.UNKNOWN) and it not in failures
    ]
    return {
        "verdict": "NO-GO" if failures else "GO",
        "passed": sum(it.status is Status.PASS for it in findings),
        "warnings": [it.as_json() for it in warnings],
        "failures": [it.as_json() for it in failures],
    }
