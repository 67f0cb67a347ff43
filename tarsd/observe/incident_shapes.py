"""Incidents as docs/json.md shapes them."""

from collections.abc import Sequence
from typing import Any

from tarsd.engine.incident import Entry, Incident, Repairs
from tarsd.observe.model import Shape
from tarsd.times import moment


class EntryShape(Shape):
    """A line of a timeline."""

    at: str
    kind: str
    text: str
    seconds: float | None
    data: dict[str, Any] | None


class IncidentShape(Shape):
    """An incident; `id` is null while state.db has not taken it yet."""

    id: str | None
    fault: str
    subject: str
    status: str
    severity: str
    summary: str
    fix: str | None
    opened: str
    resolved: str | None
    seconds: float | None
    attempts: int
    next_try: str | None
    reopened: int
    acknowledged: str | None
    by_owner: bool


class IncidentStory(IncidentShape):
    """One incident with its timeline, and the files in `evidence_path`."""

    entries: list[EntryShape]
    evidence: list[str]
    evidence_path: str


class RepairsShape(Shape):
    """How long the incidents of a fault lasted."""

    fault: str
    count: int
    median_seconds: float


class IncidentList(Shape):
    """Incidents, newest first; `mttr` is null where state.db could not be read."""

    incidents: list[IncidentShape]
    mttr: list[RepairsShape] | None
    unreadable: int


def incident_shape(incident: Incident) -> IncidentShape:
    """Without its timeline."""
    return IncidentShape(**_fields(incident))


def incident_story(
    incident: Incident, entries: Sequence[Entry], evidence: Sequence[str], path: str
) -> IncidentStory:
    """With it."""
    lines = [
        EntryShape(
            at=it.at,
            kind=it.kind.value,
            text=it.text,
            seconds=it.seconds,
            data=None if it.data is None else dict(it.data),
        )
        for it in entries
    ]
    return IncidentStory(
        **_fields(incident), entries=lines, evidence=list(evidence), evidence_path=path
    )


def repairs_shape(repairs: Repairs) -> RepairsShape:
    """Of one fault."""
    return RepairsShape(
        fault=repairs.fault, count=repairs.count, median_seconds=repairs.median_seconds
    )


def _fields(incident: Incident) -> dict[str, Any]:
    return {
        "id": str(incident.id) if incident.id else None,
        "fault": incident.fault,
        "subject": incident.subject,
        "status": incident.status.value,
        "severity": incident.severity,
        "summary": incident.summary,
        "fix": incident.fix,
        "opened": incident.opened,
        "resolved": incident.resolved,
        "seconds": _seconds(incident),
        "attempts": incident.attempts,
        "next_try": incident.next_try,
        "reopened": incident.reopened,
        "acknowledged": incident.acknowledged,
        "by_owner": incident.by_owner,
    }


def _seconds(incident: Incident) -> float | None:
    """Opened to resolved; a clock that was put back meanwhile makes it 0."""
    if incident.resolved is None:
        return None
    lasted = moment(incident.resolved) - moment(incident.opened)
    return max(round(lasted.total_seconds(), 1), 0.0)
