"""The operations plane: pictures of the machine, and all that reads them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import suppress

from structlog.typing import FilteringBoundLogger

from tarsd.api.lan.ops import Board, OpsHandlers
from tarsd.api.lan.ops_routes import ops_routes
from tarsd.api.lan.route import LanRoute
from tarsd.api.lan.site import Scenery, SiteHandlers
from tarsd.catalogue.check import Status as Answer
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.engine.incident import Incident
from tarsd.engine.loop_lag import LoopLag
from tarsd.host.chroma import Chroma
from tarsd.host.containers import Container
from tarsd.observe.history import History
from tarsd.observe.incident_book import IncidentBook
from tarsd.observe.metrics import access
from tarsd.observe.metrics.daemon import Daemon, Pulse
from tarsd.observe.metrics.everything import Scrape
from tarsd.observe.metrics.metric import Collector, Sample
from tarsd.observe.metrics.requests import Requests
from tarsd.observe.metrics.supervision import Tally
from tarsd.observe.model import Status
from tarsd.observe.news import News
from tarsd.observe.ops import Ops
from tarsd.observe.picture import CardsSeen, Seen
from tarsd.observe.stocktaking import Stocktaking
from tarsd.observe.watcher import Watcher
from tarsd.store import Database
from tarsd.store.rollups import Rollups
from tarsd.version import VERSION
from tarsd.web.html import Child
from tarsd.wiring.incidents import Records
from tarsd.wiring.ops import Operations
from tarsd.wiring.outside import Outside
from tarsd.wiring.supervision import Supervision

BEGIN_AGAIN = 10.0
"""Seconds after a defect in one of its parts."""

ILL = (Answer.WARN, Answer.FAIL)


class Showing:
    """Constructed once; `run` for as long as somebody may look. Until then nothing is looked at for it."""

    def __init__(
        self,
        out: Outside,
        supervision: Supervision,
        kept: Records,
        changes: Callable[[], Changes],
        status: Callable[[], Awaitable[Status]],
        database: Database,
        lag: LoopLag,
        wanted: Callable[[], bool],
        log: FilteringBoundLogger,
    ) -> None:
        """`wanted`: whether anybody may look."""
        self._wanted = wanted
        self._log = log
        self._nudge = asyncio.Event()
        self._out = out
        self._supervision = supervision
        self._incidents = kept.incidents
        self._owner = kept.owner
        self._changes = changes
        self._database = database
        self._lag = lag
        chroma = Chroma(out.http, lambda: out.settings().ports.chromadb)
        self._stock = Stocktaking(out.ollama, chroma, self._serves, log)
        self.watcher = Watcher(
            status, self._mark, self._seen, self._cards, lambda: self._stock.latest, log
        )
        self.history = History(Rollups(out.paths.history), log)
        self.requests = Requests()
        self._operations: Operations | None = None
        self._tally = Tally()
        self._daemon = Daemon(self._pulse)
        supervision.monitor.subscribe(self.watcher.poke)
        self.watcher.subscribe(self.history.take)
        self.watcher.subscribe(self._tally.take)

    def routes(
        self,
        collectors: Sequence[Collector] = (),
        extra: Sequence[Callable[[], Awaitable[Child]]] = (),
    ) -> list[LanRoute]:
        """What is shown to the LAN; `collectors` and `extra` are metrics and sections of others."""
        news = News(lambda: asyncio.get_running_loop().time())
        self.watcher.subscribe(news.take)
        book = IncidentBook(self._incidents)
        ops = Ops(lambda: self.watcher.latest, f"{VERSION} for Debian and Ubuntu")
        live: list[Collector] = [
            lambda: self._daemon.collect(self.watcher.latest),
            lambda: self._tally.collect(self._incidents.acts),
            lambda: self.requests.collect(self._connections(), handlers.streams),
            self._at_the_door,
            *collectors,
        ]
        scrape = Scrape(lambda: self.watcher.latest, live)
        handlers = OpsHandlers(Board(ops, scrape, news, book, self))
        scenery = Scenery(lambda: self.watcher.latest, self.history.past, book, extra)
        return ops_routes(handlers, SiteHandlers(scenery))

    def meet(self, operations: Operations) -> None:
        """Where the listener, its certificate and its refusals are told from."""
        self._operations = operations

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """See tarsd.api.lan.server.Observer."""
        self.requests.answered("lan", path, status, seconds)

    def answered_here(self, path: str, status: int, seconds: float) -> None:
        """The same, of the socket."""
        self.requests.answered("socket", path, status, seconds)

    async def acknowledge(self, number: int, who: str, address: str) -> Incident:
        """See tarsd.api.lan.ops.Owner; it is in the audit log, and on the page at once."""
        found = await self._owner.acknowledge(number)
        if self._operations is not None:
            await self._operations.refused.accepted(who, address, f"/ops/incidents/{number}/ack")
        await self.watcher.take()
        return found

    async def run(self) -> None:
        """Until it is cancelled; then what is not on disk of the history is written, if the disk takes it at once."""
        while True:
            if self._wanted():
                await self._look()
            self._nudge.clear()
            await self._nudge.wait()

    def wake(self) -> None:
        """The settings are others."""
        self._nudge.set()

    async def _look(self) -> None:
        """Until nobody may look any more, which the next settings can say."""
        parts = (self.watcher.run, self._stock.run, self.history.run)
        looking = [asyncio.ensure_future(self._lasting(it)) for it in parts]
        try:
            while self._wanted():
                self._nudge.clear()
                await self._nudge.wait()
        finally:
            for task in looking:
                task.cancel()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.history.flush(), 0.5)

    async def _lasting(self, part: Callable[[], Awaitable[None]]) -> None:
        """A defect of one part ends it for a moment, not for good, and the journal has it."""
        while True:
            try:
                return await part()
            except Exception:  # noqa: BLE001  a page that stands still would look like peace
                self._log.exception("showing.defect")
                await asyncio.sleep(BEGIN_AGAIN)

    def change_ended(self, change: Change) -> None:
        """Count it."""
        self._tally.change_ended(change.kind, change.status.value)

    def _connections(self) -> int:
        return 0 if self._operations is None else self._operations.listener.connections

    def _at_the_door(self) -> Iterator[Sample]:
        if self._operations is None:
            return
        shown, counts = self._operations.plane.certificate, self._operations.refused.counts
        yield from access.certificate(shown and shown.expires)
        yield from access.refusals({kind: counts[kind] for kind in access.KINDS})

    def _mark(self) -> Hashable:
        """What must differ for a picture out of its turn; of figures nothing."""
        monitor, current = self._supervision.monitor, self._changes().current
        return (
            frozenset((*key, it.status) for key, it in monitor.latest.items() if it.status in ILL),
            tuple(
                (it.name, _run(it.container), it.wanted, it.answers.ready)
                for it in monitor.services or ()
            ),
            tuple((it.key, it.id, it.status, it.acknowledged) for it in self._incidents.unresolved),
            current and current.id,
        )

    def _seen(self) -> Seen:
        monitor = self._supervision.monitor
        return Seen(
            tuple(monitor.latest.values()), self._supervision.costs.known, dict(monitor.passed)
        )

    def _cards(self, now: float) -> CardsSeen:
        look = self._out.nvidia.cards.latest
        if look is None:
            return CardsSeen()
        told = look.told
        if told is None:
            return CardsSeen(asleep=look.asleep, seconds=now - look.at, why=look.why or None)
        why = None if told.works else f"NVML says {told.why_not}"
        return CardsSeen(told.cards, told.driver, seconds=now - look.at, why=why)

    def _serves(self, role: str) -> bool:
        """Whether the service of that role runs and answers."""
        return any(
            it.service.role == role and it.wanted == "running" and it.answers.ready
            for it in self._supervision.monitor.services or ()
        )

    def _pulse(self) -> Pulse:
        return Pulse(
            self._lag.worst(asyncio.get_running_loop().time()),
            self._supervision.truth.stream_age,
            self._database.writable,
            self.history.size,
        )


def _run(container: Container | None) -> Hashable:
    return container and (container.id, container.state, container.health, container.started)
