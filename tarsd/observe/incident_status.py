"""The incidents' part of the status, from memory: no disk is asked."""

from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.engine.incidents import Incidents
from tarsd.observe.model import IncidentBrief, IncidentsStatus, LastIncident


def incidents_status(incidents: Incidents) -> IncidentsStatus | None:
    """What is unresolved and what was resolved last; None before state.db could be read."""
    if not incidents.known:
        return None
    last = incidents.last
    return IncidentsStatus(
        open=[_brief(it) for it in incidents.unresolved],
        held=sum(it.status is IncidentStatus.HELD for it in incidents.unresolved),
        last=None
        if last is None
        else LastIncident(id=str(last.id) if last.id else None, at=last.at, text=last.text),
    )


def _brief(incident: Incident) -> IncidentBrief:
    return IncidentBrief(
        id=str(incident.id) if incident.id else None,
        fault=incident.fault,
        subject=incident.subject,
        status="held" if incident.status is IncidentStatus.HELD else "open",
        severity="warn" if incident.severity == "warn" else "fail",
        summary=incident.summary,
        fix=incident.fix,
        opened=incident.opened,
        next_try=incident.next_try,
        acknowledged=incident.acknowledged,
    )
