"""What needs the owner, each thing once: an incident where there is one, else what the status itself sees."""

from collections.abc import Callable, Collection, Mapping, Sequence

from tarsd.observe.model import IncidentBrief, IncidentsStatus, Problem, ServiceStatus


def merged(
    engine: Problem | None,
    others: Sequence[Problem],
    rows: Sequence[ServiceStatus],
    incidents: IncidentsStatus | None,
    explained: Callable[[str], str | None] = lambda _: None,
    after: Mapping[str, Collection[str]] | None = None,
) -> list[Problem]:
    """The Engine first, then the daemon's own footing and the stack's files (`others`), incidents, and services.

    `explained`: the fault of the machine that a service waits for; where that is told, the service is not. `after`: the
    services that each needs.
    """
    bad = {row.name for row in rows if _is_bad(row)}
    stopped = [row.name for row in rows if row.wanted == "stopped"]
    told = [it for it in (incidents.open if incidents else []) if _tells(it, bad)]
    faults, subjects = {it.fault for it in told}, {it.subject for it in told}
    return [
        *([engine] if engine is not None and engine.id not in faults else []),
        *others,
        *(_of_incident(it) for it in told),
        *(
            _of_row(row, [it for it in stopped if it in (after or {}).get(row.name, ())])
            for row in rows
            if row.name in bad - subjects and explained(row.name) not in faults
        ),
    ]


def _tells(incident: IncidentBrief, bad: Collection[str]) -> bool:
    """A warning of what works, as one that it is of another generation, needs nobody at once."""
    return incident.severity == "fail" or incident.status == "held" or incident.subject in bad


def _is_bad(row: ServiceStatus) -> bool:
    if row.wanted != "running":
        return False
    return row.state not in ("running", "unknown") or row.health == "unhealthy"


def _of_incident(incident: IncidentBrief) -> Problem:
    held = incident.status == "held"
    show = f"tarsctl incidents show {incident.id}" if incident.id else "tarsctl incidents"
    return Problem(
        id=incident.fault,
        subject=incident.subject,
        message=incident.summary + ("; held: what was tried did not mend it" if held else ""),
        fix=show if held else incident.fix or show,
        incident=incident.id,
    )


def _of_row(row: ServiceStatus, stopped: Sequence[str]) -> Problem:
    """`stopped`: what it needs and its owner has stopped."""
    why = f"; it needs {', '.join(stopped)}, which its owner has stopped" if stopped else ""
    return Problem(
        id="service.missing" if row.state == "missing" else "service.unhealthy",
        subject=row.name,
        message=_words(row) + why,
        fix=f"tarsctl start {' '.join(stopped)}" if stopped else _fix(row),
    )


def _words(row: ServiceStatus) -> str:
    """Its subject stands before it wherever it is shown."""
    if row.message and row.state in ("running", "missing"):
        return row.message
    return f"is {row.state}" + (f": {row.message}" if row.message else "")


def _fix(row: ServiceStatus) -> str:
    # the Engine starts it by itself, again and again: one more start mends nothing
    by_itself = row.state in ("running", "restarting")
    return f"tarsctl logs {row.name}" if by_itself else f"tarsctl start {row.name}"
