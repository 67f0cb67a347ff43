"""The double's HTTP server: paths to answers, JSON in, JSON or lines of JSON out."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .api import Answer, Api, Failure
from .pull import Cut
from .scenario import from_environment
from .store import Store

WORK = ("/api/embed", "/api/generate", "/api/chat")
"""What needs a model."""


class Handler(BaseHTTPRequestHandler):
    """The requests of one connection; the Api answers them."""

    protocol_version = "HTTP/1.1"

    def __init__(self, api: Api, *connection: Any) -> None:
        self._api = api
        super().__init__(*connection)  # which handles the connection to its end

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._respond()

    def do_GET(self) -> None:
        """Answer a question."""
        self._respond()

    def do_POST(self) -> None:
        """Do something, or answer a long question."""
        self._respond()

    def do_DELETE(self) -> None:
        """Remove something."""
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Ollama's own log has one line per request too."""
        sys.stderr.write(f"[DOUBLE] {self.address_string()} {format % args}\n")

    def _respond(self) -> None:
        # Changing the scenario is not part of what the scenario spoils.
        spoiled = not self.path.startswith("/double/")
        works = self.path in WORK
        if spoiled:
            time.sleep(self._api.scenario.delay + works * self._api.scenario.work_delay)
        if works and self._api.scenario.work_status:
            broken = {"error": "llama runner process has terminated: exit status 2 (a double)"}
            self._send(self._api.scenario.work_status, broken)
            return
        try:
            answer = self._answer()
        except Failure as failure:
            self._send(failure.status, {"error": str(failure)})
            return
        status = self._api.scenario.status if spoiled else 0
        if isinstance(answer, (dict, str)):
            self._send(status or 200, answer)
        else:
            self._stream(status or 200, answer)

    def _answer(self) -> Answer | str:
        if self.path == "/" and self.command in ("GET", "HEAD"):
            return "Ollama is running"
        route = self._api.routes.get((self.command, self.path.partition("?")[0]))
        if route is None:
            raise Failure(404, "404 page not found")
        length = int(self.headers.get("Content-Length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError as error:
            raise Failure(400, f"invalid JSON: {error}") from error
        return route(body)

    def _send(self, status: int, answer: dict[str, Any] | str) -> None:
        is_text = isinstance(answer, str)
        data = answer.encode() if is_text else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if is_text else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, status: int, lines: Iterator[dict[str, Any]]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for line in lines:
                data = json.dumps(line).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.write(b"0\r\n\r\n")
        except (Cut, BrokenPipeError, ConnectionResetError):  # as told to, or the client has gone
            self.close_connection = True


def serve(address: tuple[str, int], directory: Path) -> None:
    """Serve until SIGTERM, as Ollama does."""
    # As the first process of a container, a default action would mean that SIGTERM is ignored.
    signal.signal(signal.SIGTERM, _end)
    api = Api(Store(directory), from_environment())
    with ThreadingHTTPServer(address, partial(Handler, api)) as server:
        sys.stderr.write(f"[DOUBLE] not Ollama, but a double of it, on {address[0]}:{address[1]}\n")
        server.serve_forever()


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)
