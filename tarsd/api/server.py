"""From the route table to a served socket: validation, access, envelope, audit, errors."""

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from structlog.typing import FilteringBoundLogger

from tarsd.api.access import Peer, group_id, peer_of
from tarsd.api.openapi import document
from tarsd.api.route import Answer, Call, NoBody, Route
from tarsd.changes.model import Change
from tarsd.errors import BadRequest, NotFound, StateUnavailable, TarsError
from tarsd.setting_errors import reason
from tarsd.store import Trouble
from tarsd.store.audit import AuditEntry, AuditStore

_BEGUN = web.RequestKey("begun", bool)
"""Set on a request once the head of its answer is out."""

_CAME = web.RequestKey("came", float)
"""When it came, by the loop's clock."""

Observer = Callable[[str, int, float], None]
"""Is told of every answer: the route's path (empty where there is none), its status, and after how many seconds."""

M = TypeVar("M", bound=BaseModel)

BODY_LIMIT = 64 * 1024
"""Bytes of a JSON body."""

BODY_DEADLINE = 10.0
"""Seconds for a JSON body to come in whole."""


class Server:
    """Serves the table on a Unix socket; `stop` ends open streams at once."""

    def __init__(
        self,
        routes: Iterable[Route],
        audit: AuditStore,
        log: FilteringBoundLogger,
        unrecordable: Callable[[], Trouble | None],
        observer: Observer | None = None,
    ) -> None:
        self._routes = list(routes)
        self._audit = audit
        self._log = log
        self._unrecordable = unrecordable
        self._observer = observer
        self._open: set[asyncio.Task[Any]] = set()
        self._unfinished: set[asyncio.Future[web.StreamResponse]] = set()
        self._runner: web.AppRunner | None = None
        self._path: Path | None = None

    def application(self) -> web.Application:
        """The aiohttp application, without a socket."""
        app = web.Application(middlewares=[self._envelope], client_max_size=BODY_LIMIT)
        for route in self._routes:
            app.router.add_route(route.method, route.path, self._handler(route))
        app.router.add_get("/openapi.json", self._openapi)
        app.on_shutdown.append(self._end_streams)
        app.on_response_prepare.append(self._prepared)
        return app

    async def start(self, path: Path) -> None:
        """Bind and serve. Raises OSError."""
        self._runner = web.AppRunner(
            self.application(), access_log=None, shutdown_timeout=1.0, handler_cancellation=True
        )
        await self._runner.setup()
        path.unlink(missing_ok=True)  # noqa: ASYNC240  in /run, before anything is served
        previous = os.umask(0o117)
        try:
            await web.UnixSite(self._runner, str(path)).start()
        finally:
            os.umask(previous)
        self._path = path
        gid = group_id()
        if gid is not None:
            os.chown(path, -1, gid)

    async def stop(self) -> None:
        """Stop answering; open streams are ended, what was begun is recorded."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._unfinished:
            await asyncio.wait(self._unfinished, timeout=1)
        if self._path is not None:  # that nobody is there should be seen as just that
            self._path.unlink(missing_ok=True)

    def _handler(self, route: Route) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            self._open.add(task)
            try:
                return await self._answer(route, request)
            finally:
                self._open.discard(task)

        return handle

    async def _answer(self, route: Route, request: web.Request) -> web.StreamResponse:
        peer = peer_of(request)
        if not route.changes_something:
            route.access.require(peer)
            return _wrap(await route.handler(await _call(route, request)))
        work = asyncio.ensure_future(self._change(route, request, peer))
        if route.streams:
            return await work
        # What was asked for is begun and recorded as a whole, even if the client is gone meanwhile.
        self._unfinished.add(work)
        work.add_done_callback(self._unfinished.discard)
        return await asyncio.shield(work)

    async def _change(self, route: Route, request: web.Request, peer: Peer) -> web.StreamResponse:
        status, change = 500, None
        try:
            route.access.require(peer)
            self._require_record()
            answer = await route.handler(await _call(route, request))
            change = answer.id if isinstance(answer, Change) else None
            response = _wrap(answer)
            status = response.status
            return response
        except TarsError as error:
            status = error.status
            raise
        except web.HTTPException:  # aiohttp's own refusals, such as a body that is too large
            status = BadRequest.status
            raise
        finally:
            await self._write_audit(peer, request, status, change)

    def _require_record(self) -> None:
        trouble = self._unrecordable()
        if trouble is not None:
            raise StateUnavailable(f"cannot change anything: {trouble.message}", fix=trouble.fix)

    async def _write_audit(
        self, peer: Peer, request: web.Request, status: int, change: str | None
    ) -> None:
        entry = AuditEntry(peer.uid, peer.pid, request.method, request.path, status, change)
        try:
            await self._audit.add(entry)
        except StateUnavailable as error:
            self._log.error("audit.lost", error=error.message, **vars(entry))

    @web.middleware
    async def _envelope(self, request: web.Request, handler: Any) -> web.StreamResponse:
        request[_CAME] = asyncio.get_running_loop().time()
        try:
            return await handler(request)
        except TarsError as error:
            found = error
        except web.HTTPNotFound:
            found = NotFound(f"cannot find {request.path}", fix="see /openapi.json")
        except web.HTTPMethodNotAllowed:
            found = BadRequest(f"cannot {request.method} {request.path}", fix="see /openapi.json")
        except web.HTTPException as error:
            found = BadRequest(f"cannot read the request: {error.reason}")
        except Exception as error:  # noqa: BLE001  a defect must still be an answer
            self._log.exception("api.defect", path=request.path)
            found = TarsError(f"cannot answer: {error!r}", fix="journalctl -u tarsd")
        if request.get(_BEGUN) and request.transport is not None:
            # The head is out: only a connection that breaks off says that this was not all.
            if found.kind != TarsError.kind:
                self._log.error("api.broken-off", path=request.path, message=found.message)
            request.transport.abort()
        body = {"type": "error", "error": found.as_json()}
        return web.json_response(body, status=found.status)

    async def _prepared(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "tarsd"  # aiohttp's own tells versions
        request[_BEGUN] = True
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else ""
        now = asyncio.get_running_loop().time()
        if self._observer is not None:
            self._observer(path, response.status, now - request.get(_CAME, now))

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.json_response(document(self._routes))

    async def _end_streams(self, _: web.Application) -> None:
        for task in list(self._open):
            task.cancel()


def _wrap(answer: Answer) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    if isinstance(answer, Change):
        return web.json_response({"type": "async", "change": answer.id}, status=202)
    result = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
    return web.json_response({"type": "sync", "result": result})


async def _call(route: Route, request: web.Request) -> Call:
    query = _validated(route.query, dict(request.query), "query")
    if route.streams or route.body is NoBody:
        return Call(request, query, None)
    try:
        raw = json.loads(await asyncio.wait_for(request.read(), BODY_DEADLINE) or b"{}")
    except asyncio.TimeoutError as error:
        raise BadRequest(f"cannot read the body: it did not come in {BODY_DEADLINE} s") from error
    except (ValueError, RecursionError, web.RequestPayloadError) as error:
        raise BadRequest(f"cannot read the body as JSON: {error}") from error
    return Call(request, query, _validated(route.body, raw, "body"))


def _validated(model: type[M], raw: object, where: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or where
        raise BadRequest(f"cannot use the {where}: {key}: {reason(first)}") from error
