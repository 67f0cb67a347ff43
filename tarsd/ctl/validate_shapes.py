"""The shape of a validation (docs/json.md), for type checkers only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from tarsd.ctl.shapes import ExaminedFinding

    class ValidatedSuite(TypedDict, total=False):
        name: str | None
        verdict: str | None
        reason: str | None
        fix: str | None
        summary: dict[str, int] | None
        findings: list[ExaminedFinding] | None

    class Validated(TypedDict, total=False):
        verdict: str | None
        suites: list[ValidatedSuite] | None
        seconds: float | None
