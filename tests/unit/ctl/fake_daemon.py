"""A stand-in for tarsd: a real Unix socket in a thread that answers what a test tells it to."""

import json
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.body)


Answer = bytes | Callable[[Request], bytes | Iterable[bytes]]
Serve = Callable[[socket.socket], None]


def http(status: int, body: bytes, media: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} Text\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def sync(result: object) -> bytes:
    return http(200, json.dumps({"type": "sync", "result": result}).encode())


def started(change: str) -> bytes:
    return http(202, json.dumps({"type": "async", "change": change}).encode())


def refused(status: int, kind: str, message: str, fix: str | None = None, **details: Any) -> bytes:
    error = {"kind": kind, "message": message, "fix": fix, "details": details}
    return http(status, json.dumps({"type": "error", "error": error}).encode())


def chunked(*blocks: bytes, media: str = "text/plain", end: bool = True) -> Iterable[bytes]:
    yield f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    for block in blocks:
        yield b"%x\r\n%s\r\n" % (len(block), block)
    if end:
        yield b"0\r\n\r\n"


class FakeDaemon:
    """Answers by method and path, without the query; keeps every request it got."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[Request] = []
        self._answers: dict[tuple[str, str], Answer] = {}
        self._by_hand: dict[str, Serve] = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(16)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, answer: Answer) -> None:
        """From now on this is the answer."""
        self._answers[method, path] = answer

    def by_hand(self, path: str, serve: Serve) -> None:
        """From now on `serve` gets the connection, the body still unread."""
        self._by_hand[path] = serve

    def changes(self, number: str, *stages: object) -> None:
        """Lets a change go through stages: the first when asked, one more with every wait."""
        rest = list(stages)
        base = f"/v1/changes/{number}"

        def now(_request: Request) -> bytes:
            return sync(rest[0])

        def later(_request: Request) -> bytes:
            if len(rest) > 1:
                rest.pop(0)
            return sync(rest[0])

        self.on("GET", base, now)
        self.on("GET", f"{base}/wait", later)

    def asked(self, method: str, path: str) -> list[Request]:
        """The requests of that method and path, in order."""
        wanted = (method, path)
        return [each for each in self.requests if (each.method, _path(each.target)) == wanted]

    def stop(self) -> None:
        """Closes the socket and takes its file away, as systemd does with /run/tarsd."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            try:
                method, target, _ = file.readline().decode().split(" ")
                headers: dict[str, str] = {}
                while line := file.readline().strip().decode():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                if serve := self._by_hand.get(_path(target)):
                    serve(connection)
                    return
                body = file.read(int(headers.get("content-length", "0")))
                request = Request(method, target, headers, body)
                self.requests.append(request)
                self._answer(connection, request)
            except (OSError, ValueError):
                return  # the client has gone, which some tests make it do

    def _answer(self, connection: socket.socket, request: Request) -> None:
        unknown = refused(404, "not-found", f"cannot find {request.method} {request.target}")
        answer = self._answers.get((request.method, _path(request.target)), unknown)
        made = answer if isinstance(answer, bytes) else answer(request)
        for block in [made] if isinstance(made, bytes) else made:
            connection.sendall(block)


def _path(target: str) -> str:
    return target.partition("?")[0]
