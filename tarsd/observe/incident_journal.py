"""What becomes of incidents in the journal, each kind under a MESSAGE_ID of its own (docs/journal.md)."""

from collections.abc import Callable, Mapping

from structlog.typing import FilteringBoundLogger

from tarsd.engine.incident import Incident, said
from tarsd.observe.log import message_id
from tarsd.times import words

LEVELS: Mapping[str, str] = {
    "incident.opened": "warning",
    "incident.reopened": "warning",
    "incident.renamed": "warning",
    "incident.flapping": "warning",
    "incident.held": "error",
    "incident.released": "info",
    "incident.acknowledged": "info",
    "incident.closed": "info",
    "incident.resolved": "info",
    "act.started": "info",
    "act.done": "info",
    "act.failed": "warning",
}
"""Every kind, and how it is logged."""

MESSAGE_IDS = {event: message_id(event) for event in LEVELS}
"""What `journalctl MESSAGE_ID=` finds them by; the same on every machine."""


class IncidentJournal:
    """These entries are the journal's alerts: one for each change of an incident's state, and for each act."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Be called after each entry."""
        self._listeners.append(listener)

    def tell(self, event: str, incident: Incident, text: str, seconds: float | None = None) -> None:
        """One entry; `text` says what happened, without the subject."""
        number = str(incident.id) if incident.id else None
        what = event.partition(".")[2]
        if seconds is not None:
            what += f" {'after' if event.startswith('incident') else 'in'} {words(seconds)}"
        where = f"incident {number}" if number else "an incident that is not recorded yet"
        service = incident.subject if incident.fault.startswith("service.") else None
        getattr(self._log, LEVELS[event])(
            event,
            message=f"{said(incident.subject, text)} · {what} · {where} ({incident.fault})",
            incident=number,
            fault=incident.fault,
            subject=incident.subject,
            service=service,
            seconds=None if seconds is None else f"{seconds:.1f}",
        )
        for listener in self._listeners:
            listener()
