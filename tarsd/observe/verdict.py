"""The end of an install in the journal: GO or NO-GO, each with a MESSAGE_ID of its own (docs/journal.md)."""

from structlog.typing import FilteringBoundLogger

from tarsd.changes.model import Change
from tarsd.observe.log import message_id

GO, NO_GO = "install.go", "install.no-go"

MESSAGE_IDS = {GO: message_id(GO), NO_GO: message_id(NO_GO)}
"""What `journalctl MESSAGE_ID=` finds them by; the same on every machine."""


class VerdictLog:
    """Tells how installs ended; other changes are none of its business."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def tell(self, change: Change) -> None:
        """One entry for an install that has ended, none for anything else."""
        result = change.result or {}
        if change.kind != "install" or "verdict" not in result:
            return
        failures: list[dict[str, object]] = result.get("failures") or []
        warnings: list[dict[str, object]] = result.get("warnings") or []
        ids = [str(finding["id"]) for finding in (*failures, *warnings)]
        passed = f"{result.get('passed', 0)} passed"
        facts = {"change": change.id, "passed": result.get("passed", 0), "findings": " ".join(ids)}
        if result["verdict"] == "GO":
            words = f"{len(warnings)} warning" + ("" if len(warnings) == 1 else "s")
            self._log.info(GO, message=f"GO: {passed}, {words}", **facts)
            return
        first: dict[str, object] = failures[0] if failures else {}
        why = ": ".join(str(first.get(key)) for key in ("id", "subject", "summary"))
        self._log.warning(NO_GO, message=f"NO-GO: {passed}, {len(failures)} failed: {why}", **facts)
