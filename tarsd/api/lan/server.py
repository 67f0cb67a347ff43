"""From the LAN's table of routes to answers: door, route, who asks, what he may, and only then the handler."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from aiohttp import web
from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from tarsd.api.lan import intake
from tarsd.api.lan.access import Who, require
from tarsd.api.lan.door import Door
from tarsd.api.lan.headers import HEADERS
from tarsd.api.lan.protocol import HttpServer, error_response
from tarsd.api.lan.refusals import MethodNotAllowed, NotSignedIn, Refusal
from tarsd.api.lan.route import LanAnswer, LanCall, LanRoute, Reply, Stream
from tarsd.api.lan.routing import Routing
from tarsd.errors import TarsError

COOKIE = web.RequestKey("cookie", str)
"""Set on a request by the gate: a new cookie, for its session goes on."""

WRITE_DEADLINE = 15.0
"""Seconds for a client to take a chunk of a stream."""


class Gate(Protocol):
    """Tells who asks."""

    def who(self, request: web.BaseRequest) -> Who | None:
        """None where nothing was sent to know him by. Raises NotSignedIn where that is not valid."""
        ...

    def address(self, request: web.BaseRequest) -> str:
        """Where it comes from; what a proxy says counts only where the settings name that proxy."""
        ...

    def refused(self, request: web.BaseRequest, error: TarsError) -> None:
        """Count it, and put it into the audit log."""
        ...


class Observer(Protocol):
    """Is told of every answer, for metrics. `path` is that of the table, empty where there is no such route."""

    def answered(self, method: str, path: str, status: int, seconds: float) -> None: ...


class LanServer:
    """Answers; what it is reached by is the listener's. `stop` ends open streams at once."""

    def __init__(
        self,
        routes: Iterable[LanRoute],
        door: Door,
        gate: Gate,
        observer: Observer,
        log: FilteringBoundLogger,
        page_of: Callable[[TarsError], str] | None = None,
    ) -> None:
        """`page_of`: the page that a browser is shown of an error; without, it is shown the JSON."""
        self.routes = list(routes)
        self._routing = Routing(self.routes)
        self._door, self._gate, self._observer, self._log = door, gate, observer, log
        self._page_of = page_of
        self._streams: dict[asyncio.Task[Any], web.BaseRequest] = {}
        self._http: HttpServer | None = None

    def http(self) -> HttpServer:
        """What makes the protocol of each connection, for a listener. It wants the loop."""
        if self._http is None:
            self._http = HttpServer(self._serve)
        return self._http

    def look_again(self) -> None:
        """Somebody is not believed any more: end the streams of whoever is not, at once."""
        for task, request in list(self._streams.items()):
            if not self._believed(request):
                task.cancel()

    async def stop(self) -> None:
        """End streams and connections, in a second at most."""
        for task in list(self._streams):
            task.cancel()
        if self._http is not None:
            http, self._http = self._http, None
            http.pre_shutdown()
            await http.shutdown(1.0)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        began = asyncio.get_running_loop().time()
        found: LanAnswer | web.Response
        path = ""
        try:
            host = self._door.pass_through(request)
            route, variables = self._routing.find(request.method, request.raw_path)
            path = route.path
            found = await self._answer(route, request, host, variables)
        except TarsError as error:
            self._gate.refused(request, error)
            found = self._refusal(request, error)
        except Exception:  # noqa: BLE001  a defect must still be an answer, and is none of a stranger's business
            self._log.exception("lan.defect", path=path)
            found = error_response(TarsError("cannot answer: a defect", fix="journalctl -u tarsd"))
        response = _response(found)
        seconds = asyncio.get_running_loop().time() - began
        self._observer.answered(request.method, path, response.status, seconds)
        if COOKIE in request and "Set-Cookie" not in response.headers:
            response.headers["Set-Cookie"] = request[COOKIE]
        if not request.content.is_eof():
            response.force_close()
        if isinstance(found, Stream):
            await self._stream(request, response, found)
        return response

    async def _answer(
        self, route: LanRoute, request: web.BaseRequest, host: str, variables: Any
    ) -> LanAnswer:
        who: Who | None = None
        try:
            who = self._gate.who(request)
        except NotSignedIn:
            if route.access.roles is not None:
                raise
        require(route.access, who)
        query = intake.query_of(route, request)
        body = await intake.body_of(route, request)
        call = LanCall(
            path=variables,
            query=query,
            body=body,
            who=who,
            address=self._gate.address(request),
            host=host,
            form=intake.is_form(route, request),
            headers=request.headers,
        )
        return await route.handler(call)

    def _refusal(self, request: web.BaseRequest, error: TarsError) -> web.Response:
        headers = dict(error.headers) if isinstance(error, Refusal) else {}
        if isinstance(error, MethodNotAllowed):
            headers["Allow"] = ", ".join(error.details["allow"])  # type: ignore[arg-type]
        if "retry_after" in error.details:
            headers["Retry-After"] = str(error.details["retry_after"])
        if self._page_of is None or "text/html" not in request.headers.get("Accept", ""):
            return error_response(error, headers)
        page = Reply(self._page_of(error), error.status, "text/html", headers)
        return _whole(page)

    async def _stream(
        self, request: web.BaseRequest, response: web.StreamResponse, stream: Stream
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._streams[task] = request
        try:
            await response.prepare(request)
            async for chunk in stream.chunks:
                if not self._believed(request):
                    break
                await asyncio.wait_for(response.write(chunk), WRITE_DEADLINE)
        except BaseException:  # only a connection that breaks off says that this was not all
            if request.transport is not None:
                request.transport.abort()
            raise
        finally:
            del self._streams[task]
            await stream.chunks.aclose()

    def _believed(self, request: web.BaseRequest) -> bool:
        """Whether what let it in would do so now, too: a token may be revoked or over, a session ended."""
        try:
            self._gate.who(request)
        except NotSignedIn:
            return False
        return True


def _response(found: LanAnswer | web.Response) -> web.StreamResponse:
    if isinstance(found, web.Response):
        return found
    if isinstance(found, Stream):
        response = web.StreamResponse(headers=HEADERS)
        response.content_type = found.content_type
        return response
    return _whole(found if isinstance(found, Reply) else Reply(found))


def _whole(reply: Reply) -> web.Response:
    body = reply.body
    if isinstance(body, BaseModel):
        body = body.model_dump_json()
    return web.Response(
        body=body.encode() if isinstance(body, str) else body,
        status=reply.status,
        content_type=reply.content_type,
        charset="utf-8" if reply.content_type.startswith("text/") else None,
        headers={**HEADERS, **reply.headers},
    )
