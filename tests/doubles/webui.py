"""A double of Open WebUI: what a supervisor asks it for, answered as the real one answers.

It exists because the application is several gigabytes. As the real one it asks its database and its
cache before it says it is ready, does not notice a missing model server, and will not start without
Chroma. Standard library only: it runs inside an image. It speaks just enough of PostgreSQL to see
that a server answers; it does not log in.
"""

import json
import os
import signal
import socket
import struct
import sys
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from webui_rag import Documents

VERSION = "0.12.4"
"""The version of Open WebUI whose answers these are."""

SCENARIO = "WEBUI_DOUBLE_SCENARIO"
"""A JSON object of path to `fail` (503), `hang` or `ok`; `POST /double/scenario` changes it."""

HEADERS = {
    "XFRAME_OPTIONS": "X-Frame-Options",
    "XCONTENT_TYPE": "X-Content-Type-Options",
    "REFERRER_POLICY": "Referrer-Policy",
}
"""By variable; without it the real one sends none either."""

DATABASE_DEADLINE = 5.0
"""Seconds; the cache has none, which is how the real one comes to hang with Redis frozen."""

POSTGRES_PROTOCOL = 196608
"""Version 3.0 of PostgreSQL's protocol."""


def database_answers(url: str) -> bool:
    """Whether a PostgreSQL server asks who we are, which it does only once it takes connections."""
    where = urlsplit(url)
    parameters = f"user\0{where.username}\0database\0{where.path.lstrip('/')}\0\0".encode()
    message = struct.pack(">ii", len(parameters) + 8, POSTGRES_PROTOCOL) + parameters
    address = (where.hostname, where.port or 5432)
    try:
        with socket.create_connection(address, DATABASE_DEADLINE) as peer:
            peer.sendall(message)
            return peer.recv(1) == b"R"
    except OSError:
        return False


def cache_answers(url: str) -> bool:
    """Whether Redis answers a PING with the password of the URL; waits for ever if it is frozen."""
    where = urlsplit(url)
    login = f"AUTH {where.password}\r\n" if where.password else ""
    try:
        with socket.create_connection((where.hostname, where.port or 6379)) as peer:
            peer.sendall(f"{login}PING\r\nQUIT\r\n".encode())
            return b"+PONG" in peer.makefile("rb").read()
    except OSError:
        return False


def chroma_answers() -> bool:
    """Whether something listens where Chroma is said to be."""
    host, port = os.environ.get("CHROMA_HTTP_HOST"), os.environ.get("CHROMA_HTTP_PORT", "8000")
    if not host:
        return True
    try:
        socket.create_connection((host, int(port)), DATABASE_DEADLINE).close()
    except OSError:
        return False
    return True


class Handler(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, scenario: dict[str, str], documents: Documents, *connection: Any) -> None:
        self._scenario = scenario
        self._documents = documents
        super().__init__(*connection)  # which handles the connection to its end

    def do_GET(self) -> None:
        """Answer a question, or spoil it as the scenario says."""
        while self._scenario.get(self.path) == "hang":
            time.sleep(1)
        if self._scenario.get(self.path) == "fail":
            self._json(503, {"status": False, "double": "told to fail"})
        elif self.path == "/health":
            self._json(200, {"status": True})
        elif self.path == "/health/db":
            self._ready(database=True, cache=False)
        elif self.path == "/ready":
            self._ready(database=True, cache=True)
        elif self._known(b""):
            pass
        elif self.path == "/api/version":
            self._json(200, {"version": VERSION})
        else:
            # As the real one: its pages are drawn by a script, so every path is a page.
            self._send(200, "text/html", b"<!doctype html><title>A double of Open WebUI</title>\n")

    def do_POST(self) -> None:
        """Change the scenario, or do something with documents."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._known(data):
            return
        if self.path != "/double/scenario":
            self._json(405, {"detail": "Method Not Allowed"})
            return
        self._scenario.update(json.loads(data))
        self._json(200, {"scenario": self._scenario})

    def do_DELETE(self) -> None:
        """Remove a document."""
        if not self._known(b""):
            self._json(405, {"detail": "Method Not Allowed"})

    def _known(self, data: bytes) -> bool:
        """Answer what is about documents and accounts; whether it was."""
        answer = self._documents.answer(self.command, self.path, self.headers, data)
        if answer is not None:
            self._json(*answer)
        return answer is not None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """One line per request, as the real one writes."""
        sys.stderr.write(f"[DOUBLE] {self.address_string()} {format % args}\n")

    def _ready(self, *, database: bool, cache: bool) -> None:
        urls = (os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"))
        if database and urls[0] and not database_answers(urls[0]):
            self._json(503, {"status": False, "detail": "database"})
        elif cache and urls[1] and not cache_answers(urls[1]):
            self._json(503, {"status": False, "detail": "redis"})
        else:
            self._json(200, {"status": True})

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(answer).encode())

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for variable, header in HEADERS.items():
            if value := os.environ.get(variable):
                self.send_header(header, value)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve on $HOST:$PORT until SIGTERM."""
    # As the first process of a container, a default action would mean that SIGTERM is ignored.
    signal.signal(signal.SIGTERM, _end)
    if not chroma_answers():
        sys.exit("ValueError: Could not connect to a Chroma server. Are you sure it is running?")
    address = (os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080")))
    scenario: dict[str, str] = json.loads(os.environ.get(SCENARIO) or "{}")
    with ThreadingHTTPServer(address, partial(Handler, scenario, Documents())) as server:
        sys.stderr.write(f"[DOUBLE] not Open WebUI, but a double of it, on port {address[1]}\n")
        server.serve_forever()


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
