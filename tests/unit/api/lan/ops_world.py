"""The routes that show the machine, over a real listener; what they show is a test's to change."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tarsd.api.lan.ops import Board, OpsHandlers
from tarsd.api.lan.ops_routes import ops_routes
from tarsd.api.lan.site import Scenery, SiteHandlers
from tarsd.engine.incident import Entry, EntryKind, Incident, IncidentStatus
from tarsd.errors import IncidentOver, NotFound, StateUnavailable
from tarsd.observe.history import Past
from tarsd.observe.metrics.daemon import Daemon, Pulse
from tarsd.observe.metrics.everything import Scrape
from tarsd.observe.news import News
from tarsd.observe.ops import Ops
from tarsd.observe.picture import Picture
from tests.unit.api.lan.world import LanWorld
from tests.unit.observe.pictures import AT, PICTURE

STORY = Incident(
    31,
    "service.exited",
    "redis",
    IncidentStatus.RESOLVED,
    "fail",
    "answers",
    None,
    AT,
    "2026-11-22T03:12:13.500Z",
    1,
    entries=(
        Entry(AT, EntryKind.SEEN, "exited with <b>status</b> 137"),
        Entry(AT, EntryKind.DID, "start redis", 0.8),
        Entry("2026-11-22T03:12:13.500Z", EntryKind.RESOLVED, "answers", 9.4),
    ),
)


class Shelf:
    """Incidents as a test wants them; `silent`: the disk does not answer."""

    def __init__(self) -> None:
        self.incidents = [STORY]
        self.silent = False
        self.said: list[tuple[int, str, str]] = []

    async def list(self, unresolved: bool, count: int) -> Sequence[Incident]:
        if self.silent:
            raise StateUnavailable("cannot read the records: the disk does not answer")
        found = [it for it in self.incidents if not unresolved or it.resolved is None]
        return found[:count]

    async def get(self, number: int) -> Incident | None:
        return next((it for it in await self.whole(9) if it.id == number), None)

    async def acknowledge(self, number: int, who: str, address: str) -> Incident:
        found = await self.get(number)
        if found is None:
            raise NotFound("cannot acknowledge it: there is no such incident")
        if found.resolved is not None:
            raise IncidentOver("cannot acknowledge it: it is over")
        self.said.append((number, who, address))
        return replace(found, acknowledged=AT)

    async def whole(self, count: int) -> Sequence[Incident]:
        return await self.list(unresolved=False, count=count)


class OpsWorld:
    """`show` is a new picture, told as the watcher tells it."""

    _number = 0

    def __init__(self, directory: Path) -> None:
        self.shelf = Shelf()
        self.news = News(asyncio.get_running_loop().time)
        self.show(PICTURE)
        daemon = Daemon(lambda: Pulse(0.0, 1.0, writable=True))
        scrape = Scrape(lambda: self.picture, [lambda: daemon.collect(self.picture)])
        ops = Ops(lambda: self.picture, "tree")
        self.handlers = OpsHandlers(Board(ops, scrape, self.news, self.shelf, self.shelf))
        self.site = SiteHandlers(Scenery(lambda: self.picture, self._past, self.shelf))
        self.lan = LanWorld(directory, ops_routes(self.handlers, self.site))

    def show(self, picture: Picture) -> None:
        """Now."""
        self._number += 1
        at = asyncio.get_running_loop().time()
        self.picture = replace(picture, number=self._number, at=at)
        self.news.take(self.picture)

    async def until_no_stream_is_open(self) -> None:
        """Who is gone is found out."""
        end = asyncio.get_running_loop().time() + 5
        while self.handlers.streams:
            assert asyncio.get_running_loop().time() < end, "a stream whose client is gone is open"
            await asyncio.sleep(0.02)

    async def _past(self) -> Past:
        return Past(PICTURE.taken - 86400, {"redis": [None] * 40 + [1.0] * 8})
