"""A server whose routes count, fail, hang and stream on demand, with a real audit log behind it."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from tarsd.api.access import Member, Root
from tarsd.api.route import Answer, Body, Call, Query, Route
from tarsd.api.server import Server
from tarsd.changes.model import Change, ChangeStatus
from tarsd.store import Database, Trouble
from tarsd.store.audit import AuditStore
from tests.unit.api.caller import Caller
from tests.unit.log import Log


class AddBody(Body):
    """How much."""

    amount: int
    note: str = ""


class LookQuery(Query):
    """Whether to double it."""

    twice: bool = False


class Total(BaseModel):
    """A model as an answer."""

    total: int


class Counter:
    """`error` is raised by /v1/fail, `enough` ends /v1/slow."""

    def __init__(self, socket: Path, database: Database) -> None:
        self.socket = socket
        self.total = 0
        self.error: Exception = ZeroDivisionError("oops")
        self.trouble: Trouble | None = None
        self.begun = asyncio.Event()
        self.enough = asyncio.Event()
        self.log = Log()
        self._database = database
        self._server = Server(
            self._routes(), AuditStore(database), self.log.logger, lambda: self.trouble
        )
        self.caller = Caller(socket)

    def _routes(self) -> list[Route]:
        anyone, root = Member(), Root()
        return [
            Route("GET", "/v1/total", anyone, self._look, "Look", query=LookQuery, result=Total),
            Route("GET", "/v1/echo/{word}", anyone, self._echo, "Echo"),
            Route("POST", "/v1/add", anyone, self._add, "Add", body=AddBody),
            Route("POST", "/v1/begin", anyone, self._begin, "Begin"),
            Route("POST", "/v1/slow", anyone, self._slow, "Slow"),
            Route("GET", "/v1/fail", anyone, self._fail, "Fail"),
            Route("POST", "/v1/fail", anyone, self._fail, "Fail"),
            Route("GET", "/v1/stream", anyone, self._stream, "Stream"),
            Route("POST", "/v1/upload", anyone, self._upload, "Upload", streams=True),
            Route("POST", "/v1/reset", root, self._reset, "Reset"),
        ]

    async def start(self) -> None:
        await self._server.start(self.socket)

    async def stop(self) -> None:
        await self.caller.close()
        await self._server.stop()

    async def stop_server(self) -> None:
        """The server alone; open connections are its own business."""
        await self._server.stop()

    async def audited(self) -> list[dict[str, Any]]:
        """The audit log without its times and pids."""
        rows = await self._database.call(
            lambda c: c.execute("SELECT uid, method, path, status, change FROM audit").fetchall()
        )
        return [dict(row) for row in rows]

    async def _look(self, call: Call) -> Answer:
        return Total(total=self.total * (2 if call.query.twice else 1))

    async def _echo(self, call: Call) -> Answer:
        return {"word": call.path["word"]}

    async def _add(self, call: Call) -> Answer:
        self.total += call.body.amount
        return {"total": self.total}

    async def _begin(self, _: Call) -> Answer:
        return Change("17", "try", "try it", ChangeStatus.DOING, frozenset(), "", [])

    async def _slow(self, _: Call) -> Answer:
        self.begun.set()
        await self.enough.wait()
        self.total += 1
        return {}

    async def _fail(self, _: Call) -> Answer:
        raise self.error

    async def _stream(self, call: Call) -> Answer:
        response = web.StreamResponse()
        await response.prepare(call.request)
        await response.write(b"one\n")
        self.begun.set()
        await self.enough.wait()
        raise self.error

    async def _upload(self, call: Call) -> Answer:
        size = 0
        async for piece in call.request.content.iter_chunked(65536):
            size += len(piece)
        return {"size": size}

    async def _reset(self, _: Call) -> Answer:
        self.total = 0
        return {}
