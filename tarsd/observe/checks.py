"""The catalogue as a list and one of its entries, as the API tells it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Check
from tarsd.catalogue.everything import CATALOGUE, SUBJECTS
from tarsd.catalogue.page import cadence
from tarsd.engine.choice import unknown
from tarsd.engine.metered import Costs
from tarsd.errors import NotFound


def listed(subjects: Mapping[str, Sequence[Check]], costs: Costs) -> Iterator[dict[str, Any]]:
    """A row for each check, with what it costs."""
    for section, checks in subjects.items():
        for check in checks:
            yield _row(section, check, costs)


def explained(
    subjects: Mapping[str, Sequence[Check]], costs: Costs, name: str
) -> dict[str, Any] | None:
    """One of them with all that is known of it; None if there is none of that id."""
    for section, checks in subjects.items():
        for check in checks:
            if check.id == name:
                return {**_row(section, check, costs), "about": _about(check)}
    return None


def told_of(name: str | None) -> dict[str, Any]:
    """The API's envelope for all checks, or one, without a daemon: nothing was asked yet, so nothing has cost anything."""
    costs = Costs()
    if name is None:
        return {"type": "sync", "result": {"checks": list(listed(SUBJECTS, costs))}}
    found = explained(SUBJECTS, costs, name)
    if found is None:
        return {"type": "error", "error": no_check(name).as_json()}
    return {"type": "sync", "result": found}


def no_check(name: str) -> NotFound:
    """The refusal of an id that is no check's."""
    error = unknown(name, CATALOGUE)
    return NotFound(error.message, fix=error.fix, details=error.details)


def _row(section: str, check: Check, costs: Costs) -> dict[str, Any]:
    cost = costs.of(check.id)
    about = check.about
    return {
        "id": check.id,
        "section": section,
        "what": about.what if about is not None else (check.__doc__ or "").split("\n\n")[0],
        "severity": check.severity.value,
        "deep": check.deep,
        "every_seconds": check.every,
        "asked": cadence(check),
        "deadline_seconds": check.deadline,
        "after": list(check.after),
        "remedies": [{"id": it.id, "class": it.kind.value} for it in check.remedies],
        "cost": {
            "asked": cost.asked,
            "seconds": round(cost.wall, 4),
            "cpu_seconds": round(cost.cpu, 5),
        },
    }


def _about(check: Check) -> dict[str, Any] | None:
    about = check.about
    if about is None:
        return None
    return {
        "seen": about.seen,
        "why": about.why,
        "we": about.we,
        "you": about.you,
        "commands": list(about.commands),
    }
