"""Alerts: the outbox, what fills it and what empties it."""

import platform
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from tarsd.alerts.alerts import Alerts
from tarsd.alerts.beat import Beat
from tarsd.alerts.book import Book
from tarsd.alerts.message import Writer
from tarsd.alerts.notice import State
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
from tarsd.observe.metrics.access import notifications
from tarsd.observe.metrics.metric import Sample
from tarsd.settings import Settings
from tarsd.store import Database
from tarsd.store.outbox import OutboxStore
from tarsd.web.alerts import SHOWN, section
from tarsd.web.html import Child
from tarsd.wiring.outside import Outside


@dataclass(frozen=True)
class Alerting:
    """What is run, who answers for it, and what it adds to metrics and to the status page."""

    alerts: Alerts
    handlers: AlertHandlers

    def metrics(self) -> Iterator[Sample]:
        """What waits, and what was given up."""
        counts = self.alerts.outbox.counts()
        waiting = counts[State.WAITING.value] + counts[State.SENDING.value]
        return notifications(waiting, counts[State.PARKED.value])

    async def section(self) -> Child:
        """Of the status page."""
        report = await self.handlers.report()
        return section(report.channels, self.handlers.newest(SHOWN), utc_now())


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
