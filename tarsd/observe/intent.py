"""Changes of the owner's intent in the journal, each kind with a MESSAGE_ID of its own (docs/journal.md)."""

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.views import Wanted
from tarsd.errors import StateUnavailable
from tarsd.observe.log import message_id

STOPPED, RUNNING = "intent.stopped", "intent.running"
UNCLEAR, UNRECORDED = "intent.unclear", "intent.unrecorded"

MESSAGE_IDS = {event: message_id(event) for event in (STOPPED, RUNNING, UNCLEAR, UNRECORDED)}
"""What `journalctl MESSAGE_ID=` finds them by; the same on every machine."""


class IntentJournal:
    """Tells what was understood of the owner's own `docker stop` and `docker start`, and what was not."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._told: str | None = None

    def changed(self, service: str, wanted: Wanted, reason: str) -> None:
        """A wish has been recorded."""
        self._told = None
        if wanted == "stopped":
            said = f"{service} stays stopped until it is started: {reason}"
            self._log.info(STOPPED, message=said, service=service, reason=reason)
        else:
            said = f"{service} is wanted running again: {reason}"
            self._log.info(RUNNING, message=said, service=service, reason=reason)

    def unclear(self, service: str, why: str) -> None:
        """It is stopped, and it is not certain that the owner wants that."""
        said = f"{service} is stopped, and whether its owner wants that cannot be known: {why}; it is wanted running"
        self._log.warning(UNCLEAR, message=said, service=service, reason=why)

    def unrecorded(self, error: StateUnavailable) -> None:
        """The disk does not take it, once until it does: it is kept in memory and tried again."""
        if error.message != self._told:
            self._told = error.message
            self._log.error(UNRECORDED, message=f"cannot keep what is wanted: {error.message}")

    def defect(self) -> None:
        """An error that nobody expected, with its trace."""
        self._log.exception("intent.defect")
