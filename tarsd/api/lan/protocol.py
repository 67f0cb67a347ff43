"""HTTP as it reaches the LAN listener: aiohttp's parser with our limits, and our words where it refuses."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from tarsd.api.lan.headers import HEADERS
from tarsd.api.lan.route import JSON
from tarsd.errors import BadRequest, TarsError

HEAD_DEADLINE = 20.0
"""Seconds for a request's head to come in whole, counted from the connection's begin or the answer before; and so long
a connection may rest."""

LINGERING = 2.0
"""Seconds in which a body that nobody wants is read on, so that who sends it sees the answer."""

LIMITS: dict[str, Any] = {
    "keepalive_timeout": HEAD_DEADLINE,
    "max_line_size": 4096,
    "max_field_size": 4096,
    "max_headers": 64,
    "lingering_time": LINGERING,
    "auto_decompress": False,  # no request of ours is worth it, and a small one may become a large one
    "access_log": None,
}
"""A token has 500 bytes, a browser sends some 20 headers."""

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HttpServer(web.Server):
    """Makes the protocol of each connection."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer, handler_cancellation=True, **LIMITS)

    def connection(self, gone: Callable[[], None]) -> RequestHandler:
        """For one that has just come in; `gone` is called when it ends."""
        return _Connection(self, gone, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    __slots__ = ("_gone",)

    def __init__(self, server: HttpServer, gone: Callable[[], None], **given: Any) -> None:
        super().__init__(server, **given)
        self._gone = gone

    def connection_lost(self, exc: BaseException | None) -> None:
        self._gone()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP; its own words may repeat what was sent, and what is sent here may be a password."""
        response = error_response(BadRequest("cannot read the request: it is no HTTP, or too much"))
        response.force_close()
        return response


def error_response(error: TarsError, headers: dict[str, str] | None = None) -> web.Response:
    """The envelope of every error."""
    body = json.dumps({"type": "error", "error": error.as_json()}).encode()
    given = {**HEADERS, **(headers or {})}
    return web.Response(body=body, status=error.status, content_type=JSON, headers=given)
