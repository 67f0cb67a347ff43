"""How the stack came up after a boot, in the journal: GO or NO-GO, each with a MESSAGE_ID of its own (docs/journal.md)."""

from structlog.typing import FilteringBoundLogger

from tarsd.errors import StateUnavailable
from tarsd.observe.log import message_id
from tarsd.store.boots import BootVerdict

GO, NO_GO = "boot.go", "boot.no-go"

MESSAGE_IDS = {GO: message_id(GO), NO_GO: message_id(NO_GO)}
"""What `journalctl MESSAGE_ID=` finds them by; the same on every machine."""


class BootJournal:
    """One entry for each boot."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def tell(self, verdict: BootVerdict) -> None:
        """The verdict."""
        took = f"{verdict.seconds:.0f} s after the boot"
        if verdict.missing:
            said = f"NO-GO {took}: {'; '.join(verdict.missing)}"
            self._log.warning(NO_GO, message=said, seconds=verdict.seconds)
        else:
            noun = "service works" if verdict.services == 1 else "services work"
            said = f"GO: {verdict.services} {noun}, {took}"
            self._log.info(GO, message=said, seconds=verdict.seconds)

    def unrecorded(self, error: StateUnavailable) -> None:
        """The disk does not take or give it: the next daemon of this boot may tell it once more."""
        self._log.error("boot.unrecorded", message=error.message)

    def defect(self) -> None:
        """An error that nobody expected, with its trace."""
        self._log.exception("boot.defect")
