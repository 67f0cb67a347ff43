"""Whether a service is well: by our own probe where there is one, by Docker otherwise, and never against the monitor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.health_output import last_line
from tarsd.catalogue.service_check import has_probe, runs
from tarsd.catalogue.views import ServiceView
from tarsd.observe.model import ServiceAnswers
from tarsd.times import iso

Health = Literal["healthy", "starting", "unhealthy", "none"]

_DOCKERS: Mapping[str, Health] = {
    "healthy": "healthy",
    "starting": "starting",
    "unhealthy": "unhealthy",
}


@dataclass(frozen=True)
class Word:
    """What is known of one service.

    `fault`: by the monitor's newest look. `failures`: how many in a row are believed. `answered`: this start has answered
    us and Docker, which says `starting`, has not asked since. `just`: it has answered within
    the last seconds, as to the gate of a start.
    """

    view: ServiceView
    fault: Finding | None = None
    failures: int = 2
    answered: bool = False
    just: bool = False


def health(word: Word) -> Health:
    """In Docker's words."""
    view = word.view
    dockers = _DOCKERS.get(view.container.health if view.container else "", "none")
    if not runs(view):
        return dockers
    if word.fault is not None:
        return "unhealthy" if word.fault.status is Status.FAIL else "starting"
    if word.answered:
        dockers = "healthy"
    answers = view.answers
    if word.just and not answers.passed:  # the gate is ahead of the one that asks on a period
        return "healthy"
    if not has_probe(view) or answers.ready is None:
        return dockers
    if answers.ready:
        only_connects = answers.level == "live" and answers.why is None
        return dockers if only_connects else "healthy"
    if view.starting or answers.why == "starting" or answers.failures < word.failures:
        return "starting"
    return "unhealthy"


def why_unhealthy(word: Word) -> str | None:
    """In the words of whoever says so; they may be those of the service itself."""
    if word.fault is not None:
        return word.fault.summary
    view = word.view
    if view.answers.reason and view.answers.ready is False:
        return view.answers.reason
    output = view.container.health_output if view.container else ""
    return last_line(output) if output.strip() else None


def answers(view: ServiceView) -> ServiceAnswers | None:
    """What our own probe has heard last; None without one, before its first answer, and of what does not run."""
    known = view.answers
    if not runs(view) or not has_probe(view) or (known.at is None and known.why is None):
        return None
    well = known.why is None
    measured = well and known.latency is not None
    return ServiceAnswers(
        level=known.level,
        latency_ms=round(known.latency * 1000, 1) if measured and known.latency else None,
        at=iso(known.at) if known.at else None,
        message=None if well else known.reason or known.why,
    )
