"""A small HTTP server on loopback that answers as a test says."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`status`, `headers` and `body` of its answers; `got` are the requests, line and body. `slow`: seconds it waits."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b"ok"
    slow: float = 0.0
    got: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                receiver.got.append((self.requestline, self.rfile.read(size)))
                time.sleep(receiver.slow)
                self.send_response(receiver.status)
                for key, value in receiver.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                with suppress(OSError):  # who asked has gone
                    self.end_headers()
                    self.wfile.write(receiver.body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  the names are http.server's

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in http.server
                """Nothing is said."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])
