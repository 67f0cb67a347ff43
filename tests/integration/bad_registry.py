"""A registry on its bad days, on loopback, where an Engine asks without TLS: each repository has a fault of its own."""

import gzip
import hashlib
import io
import json
import re
import secrets
import tarfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
SIZE = 400_000
DRIP, DRIPS = 4_096, 0.05  # bytes, and seconds between them

REFUSALS = {
    "unauthorized": (401, "UNAUTHORIZED", "authentication required"),
    "denied": (403, "DENIED", "requested access to the resource is denied"),
    "missing": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "limited": (429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
    "broken": (500, "UNKNOWN", "internal error"),
}
"""Repository -> what it says to everybody who asks for a manifest."""


@dataclass(frozen=True)
class Blob:
    """Content under its digest."""

    content: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def described(self, kind: str) -> dict[str, Any]:
        """How a manifest names it."""
        return {"mediaType": kind, "size": len(self.content), "digest": self.digest}


class BadRegistry:
    """`reference(FAULT)` names an image; "well" is without fault. `cut-once` breaks off in the middle of its first layer,
    and `limited-once` refuses the first question."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()  # for a manifest, by fault
        raw = _layer()
        self._layer = Blob(gzip.compress(raw))
        self._configs = {it: Blob(_config(raw, it)) for it in ("amd64", "arm64")}
        handler = type("Handler", (_Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def reference(self, fault: str) -> str:
        """The image in the repository that has this fault."""
        return f"127.0.0.1:{self._server.server_address[1]}/{fault}:1"

    def close(self) -> None:
        """No answer after this."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def manifest(self, fault: str, reference: str) -> tuple[str, bytes]:
        """Its media type and the manifest."""
        architecture = "arm64" if fault in ("foreign", "foreign-list") else "amd64"
        whole = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._configs[architecture].described(CONFIG),
            "layers": [self._layer.described(LAYER)],
        }
        one = Blob(json.dumps(whole).encode())
        if fault != "foreign-list" or reference.startswith("sha256:"):
            return MANIFEST, one.content
        platform = {"architecture": architecture, "os": "linux"}
        rows = [{**one.described(MANIFEST), "platform": platform}]
        every = {"schemaVersion": 2, "mediaType": LIST, "manifests": rows}
        return LIST, json.dumps(every).encode()

    def blob(self, fault: str, digest: str) -> bytes | None:
        """What is served under that digest, which with some faults is something else."""
        for it in (self._layer, *self._configs.values()):
            if it.digest == digest:
                wrong = "wrong-layer" if it is self._layer else "wrong-config"
                return it.content[:-1] + b"?" if fault == wrong else it.content
        return None


class _Handler(BaseHTTPRequestHandler):
    registry: BadRegistry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = re.fullmatch(r"/v2/([\w-]+)/(manifests|blobs)/(.+)", self.path)
        if found is None:  # the question whether this is a registry
            self._answer(200, "application/json", b"{}")
        elif found[2] == "manifests":
            self._manifest(found[1], found[3])
        else:
            self._blob(found[1], found[3])

    do_HEAD = do_GET  # noqa: N815  the name that http.server calls

    def _manifest(self, fault: str, reference: str) -> None:
        self.registry.asked[fault] += self.command == "GET"
        refused = REFUSALS.get(fault)
        if fault == "limited-once" and self.registry.asked[fault] == 1:
            refused = REFUSALS["limited"]
        if refused:
            status, code, message = refused
            body = json.dumps({"errors": [{"code": code, "message": message}]})
            self._answer(status, "application/json", body.encode())
            return
        kind, content = self.registry.manifest(fault, reference)
        self._answer(200, kind, content)

    def _blob(self, fault: str, digest: str) -> None:
        content = self.registry.blob(fault, digest)
        if content is None:
            self._answer(404, "application/json", b"{}")
            return
        asked = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range") or "")
        start = int(asked[1]) if asked else 0
        big = len(content) > DRIP
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "slow" and big:
            self._drip(content[start:])
        elif fault == "cut-once" and big and not asked:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        else:
            self.wfile.write(content[start:])

    def _drip(self, content: bytes) -> None:
        for at in range(0, len(content), DRIP):
            self.wfile.write(content[at : at + DRIP])
            self.wfile.flush()
            time.sleep(DRIPS)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the Engine has hung up, as one does who aborts a pull
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Not on the screen of the tests."""


def _layer() -> bytes:
    """A layer that no Engine has seen."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("some.bytes")
        member.size = SIZE
        tar.addfile(member, io.BytesIO(secrets.token_bytes(SIZE)))
    return buffer.getvalue()


def _config(raw: bytes, architecture: str) -> bytes:
    layers = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(raw).hexdigest()}"]}
    return json.dumps(
        {"architecture": architecture, "os": "linux", "config": {}, "rootfs": layers}
    ).encode()
