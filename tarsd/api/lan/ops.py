"""/ops/* and /metrics: what the newest picture shows, as bytes that are made once for each picture."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import Field

from tarsd.api.lan.refusals import Busy
from tarsd.api.lan.route import LanCall, Reply, Stream
from tarsd.api.route import Query
from tarsd.engine.incident import Incident
from tarsd.errors import NotFound
from tarsd.observe.metrics.everything import Scrape
from tarsd.observe.news import News
from tarsd.observe.ops import Ops
from tarsd.times import moment

STREAMS = 100
"""Event streams at once: an owner has a page open on each of their devices, not a hundred."""

BEAT = 20.0
"""Seconds between two signs of life on a stream on which nothing happens: proxies and phones drop silent ones after 30."""

LASTS = 300.0
"""Seconds until a stream ends by itself, so that a proxy which keeps a dead one open does not keep its room."""

RETRY = 30
"""Seconds after which one who finds no room may ask again."""


class Book(Protocol):
    """Incidents, also those that are over."""

    async def list(self, unresolved: bool, count: int) -> Sequence[Incident]:
        """The newest first. Raises StateUnavailable."""
        ...

    async def get(self, number: int) -> Incident | None:
        """With its timeline. Raises StateUnavailable."""
        ...

    async def whole(self, count: int) -> Sequence[Incident]:
        """The newest with their timelines. Raises StateUnavailable."""
        ...


class Owner(Protocol):
    """Takes down the owner's word. Raises NotFound, IncidentOver, StateUnavailable."""

    async def acknowledge(self, number: int, who: str, address: str) -> Incident:
        """`who` says it from `address`: that he knows of it."""
        ...


class OpsIncidentsQuery(Query):
    """`open`: only what is not resolved."""

    open: bool = False
    count: Annotated[int, Field(ge=1, le=200)] = 50


@dataclass(frozen=True)
class Board:
    """What is shown."""

    ops: Ops
    scrape: Scrape
    news: News
    book: Book
    owner: Owner


class OpsHandlers:
    """`streams` are the event streams that are open."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.streams = 0

    async def summary(self, _: LanCall) -> Reply:
        """Everything."""
        return Reply(self._board.ops.summary(_now()))

    async def snapshot(self, _: LanCall) -> Reply:
        """The verdict."""
        return Reply(self._board.ops.snapshot(_now()))

    async def metrics(self, _: LanCall) -> Reply:
        """For Prometheus."""
        return Reply(self._board.scrape.text(), content_type="text/plain")

    async def incidents(self, call: LanCall) -> Reply:
        """The newest first."""
        query: OpsIncidentsQuery = call.query
        found = await self._board.book.list(query.open, query.count)
        return _json({"incidents": [incident(it) for it in found]})

    async def incident(self, call: LanCall) -> Reply:
        """One, with its timeline. Raises NotFound."""
        found = await self._board.book.get(_number(call))
        if found is None:
            raise _unknown()
        return _json(incident(found, entries=True))

    async def acknowledge(self, call: LanCall) -> Reply:
        """The owner knows; nothing else changes. Raises NotFound, IncidentOver, StateUnavailable."""
        assert call.who is not None
        known = await self._board.owner.acknowledge(_number(call), call.who.name, call.address)
        if call.form:
            return Reply(status=303, content_type="text/plain", headers={"Location": "/"})
        return _json(incident(known))

    async def events(self, _: LanCall) -> Stream:
        """The verdict now, and again whenever something turns. Raises Busy."""
        if self.streams >= STREAMS:
            raise Busy(
                f"cannot open another event stream: there are {self.streams}",
                details={"retry_after": RETRY},
            )
        return Stream(self._events())

    async def _events(self) -> AsyncGenerator[bytes, None]:
        news, seen = self._board.news, 0
        loop = asyncio.get_running_loop()
        end = loop.time() + LASTS
        self.streams += 1  # here, for a generator that is never begun ends nothing either
        try:
            yield b"retry: 1000\n\n"
            while loop.time() < end:
                if await news.after(seen, BEAT):
                    seen = news.number
                    body = json.dumps(news.body, separators=(",", ":"))
                    yield f"id: {seen}\nevent: turned\ndata: {body}\n\n".encode()
                else:
                    yield b": still here\n\n"
        finally:
            self.streams -= 1


def incident(it: Incident, *, entries: bool = False) -> Mapping[str, Any]:
    """See OpsIncidentStory."""
    told = (
        "fault",
        "subject",
        "severity",
        "summary",
        "fix",
        "opened",
        "resolved",
        "attempts",
        "acknowledged",
    )
    return {
        "id": str(it.id) if it.id else None,
        "status": it.status.value,
        "seconds": _lasted(it),
        **{name: getattr(it, name) for name in told},
        "entries": [
            {"at": line.at, "kind": line.kind.value, "text": line.text, "seconds": line.seconds}
            for line in it.entries
        ]
        if entries
        else None,
    }


def _number(call: LanCall) -> int:
    """The incident's. Raises NotFound."""
    text = call.path["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _unknown()
    return int(text)


def _unknown() -> NotFound:
    return NotFound("cannot find that incident", fix="see /ops/incidents")


def _lasted(it: Incident) -> float | None:
    if it.resolved is None:
        return None
    return max(round((moment(it.resolved) - moment(it.opened)).total_seconds(), 1), 0.0)


def _json(body: Mapping[str, Any]) -> Reply:
    return Reply(json.dumps(body, separators=(",", ":")))


def _now() -> float:
    return asyncio.get_running_loop().time()
