"""What is wrong with what the daemon itself stands on."""

from collections.abc import Sequence

from tarsd.configured import Configured
from tarsd.observe.model import Problem
from tarsd.store import Database
from tarsd.store.ledger import Ledger


def footing(configured: Configured, database: Database, ledger: Ledger) -> Sequence[Problem]:
    """The problems of settings and state, each with what helps."""
    found: list[Problem] = []
    if configured.invalid is not None:
        message = f"{configured.invalid.message}; {configured.in_force}"
        found.append(
            Problem(
                id="config.invalid",
                subject="settings",
                message=message,
                fix="tarsctl config check",
            )
        )
    if configured.unkept is not None:
        message = f"the settings cannot be kept as the last good ones: {configured.unkept}"
        found.append(
            Problem(id="state.settings", subject="tarsd", message=message, fix="df -h; df -i")
        )
    trouble = database.trouble
    if trouble is not None:
        found.append(
            Problem(id="state.db", subject="tarsd", message=trouble.message, fix=trouble.fix)
        )
    if ledger.unreadable:
        message = f"rows of the incidents that make no sense, and are left out: {ledger.unreadable}"
        fix = "tarsctl incidents; keep /var/lib/tars-home/state.db for a report"
        found.append(Problem(id="state.rows", subject="tarsd", message=message, fix=fix))
    return found
