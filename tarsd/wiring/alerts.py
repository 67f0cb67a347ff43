"""Alerts: the outbox, what fills it and what empties it."""

import platform
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from tarsd.alerts.alerts import Alerts
from tarsd.alerts.beat import Beat
from tarsd.alerts.book import Book
from tarsd.alerts.message import Writer
from tarsd.alerts.outbox import Outbox
from tarsd.alerts.policy import Holds
from tarsd.alerts.post import Post, Sources
from tarsd.api.handlers.alerts import AlertHandlers
from tarsd.changes.hiding import Hiding
from tarsd.changes.model import Change
from tarsd.engine.incident import Incident
from tarsd.engine.incidents import Incidents
from tarsd.engine.passes import utc_now
from tarsd.errors import StateUnavailable
from tarsd.host.delivery import Delivery
from tarsd.settings import Settings
from tarsd.store import Database
from tarsd.store.outbox import OutboxStore
from tarsd.wiring.outside import Outside


@dataclass(frozen=True)
class Alerting:
    """What is run, and who answers for it."""

    alerts: Alerts
    handlers: AlertHandlers


def alerting(
    out: Outside,
    database: Database,
    incidents: Incidents,
    changes: Callable[[], Awaitable[Sequence[Change]]],
    needs: Callable[[], Mapping[str, Set[str]]],
    log: FilteringBoundLogger,
) -> Alerting:
    """Construct it; nothing is read or sent yet."""

    def settings() -> Settings:
        return out.settings()

    async def told(number: int) -> Incident | None:
        """Memory's word on it and the disk's timeline; without a disk, memory's alone."""
        known = incidents.find(number)
        try:
            return await incidents.ledger.get(number) or known
        except StateUnavailable:
            return known

    outbox = Outbox(OutboxStore(database), log, utc_now)
    holds = Holds(_local)
    delivery = Delivery(out.own_jobs, out.paths.channels, out.paths.receipts)
    sources = Sources(told, needs, Hiding(out.secrets.hider), Writer(platform.node()))
    alerts = Alerts(
        incidents,
        outbox,
        holds,
        Book(outbox, holds, lambda: settings().alerts, utc_now, time.monotonic),
        Post(outbox, holds, delivery, sources, log, utc_now, time.monotonic),
        lambda: settings().alerts,
        log,
        utc_now,
        time.monotonic,
        lambda unwell: Beat(delivery, lambda: settings().alerts, unwell, log, time.monotonic),
        changes,
    )
    incidents.register.journal.listen(alerts.wake)
    return Alerting(alerts, AlertHandlers(alerts, delivery, lambda: settings().alerts))


def _local() -> datetime:
    return datetime.now().astimezone()
