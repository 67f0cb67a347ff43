"""A double of Ollama's API on a real port: models, and pulls that go as they are told to."""

import asyncio
import json
from collections.abc import Sequence
from enum import Enum
from typing import Any

from aiohttp import web

from tests.doubles.ollama.replies import embedding

Line = dict[str, Any]


class Trouble(Enum):
    """What may stand in a pull instead of a line."""

    CUT = "the connection breaks"
    HANG = "no line comes any more"
    NONSENSE = "a line that is no JSON"


Attempt = Sequence[Line | Trouble]

MANIFEST: Line = {"status": "pulling manifest"}
SUCCESS: Line = {"status": "success"}


def layer(digest: str, total: int | None, completed: int = 0) -> Line:
    """A line of progress; Ollama leaves out what is zero."""
    line: Line = {"status": f"pulling {digest}", "digest": f"sha256:{digest}"}
    line |= {} if total is None else {"total": total}
    return line | ({"completed": completed} if completed else {})


def whole(total: int) -> Attempt:
    """A pull without trouble."""
    return (MANIFEST, layer("a", total, total // 2), layer("a", total, total), SUCCESS)


class FakeOllama:
    """`says` answers a path with a status and a body instead of the truth; `forgets` lists nothing after a success."""

    def __init__(self) -> None:
        self.models: dict[str, Line] = {}
        self.loaded: list[Line] = []
        self.about: Line = {}
        self.says: dict[str, tuple[int, bytes]] = {}
        self.hung: set[str] = set()
        self.forgets = False
        self.capabilities: dict[str, str] = {}
        self.worked: list[Line] = []
        self.load_seconds = 0.0
        self.pulled: list[str] = []
        self.asked = asyncio.Event()
        self.ended = 0
        self.port = 0
        self._attempts: dict[str, list[Attempt]] = {}
        self._runner: web.AppRunner | None = None

    def add(self, name: str, size: int = 1000) -> None:
        self.models[name] = {"name": name, "size": size, "digest": "d1", "modified_at": "2026"}

    def will_pull(self, name: str, *attempts: Attempt) -> None:
        """How the pulls of a model go, one after the other; the last again and again."""
        self._attempts[name] = list(attempts)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path in self.hung:
            await asyncio.Event().wait()
        if request.path in self.says:
            status, raw = self.says[request.path]
            return web.Response(status=status, body=raw)
        body: Line = await request.json() if request.can_read_body else {}
        name = str(body.get("model", ""))
        if request.path in ("/api/embed", "/api/generate"):
            self.worked.append({"path": request.path, **body})
            return web.json_response(self._make(request.path, name, body))
        if request.path == "/api/tags":
            return web.json_response({"models": list(self.models.values())})
        if request.path == "/api/ps":
            return web.json_response({"models": self.loaded})
        if request.path == "/api/pull":
            return await self._pull(request, name)
        if name not in self.models:
            return web.json_response({"error": f"model '{name}' not found"}, status=404)
        if request.path == "/api/delete" and request.method == "DELETE":
            del self.models[name]
            return web.Response()
        if name in self.capabilities:
            return web.json_response({"capabilities": [self.capabilities[name]]})
        return web.json_response(self.about)

    def load(self, name: str, expires_at: str, *, embeds: bool = False) -> None:
        """Have a model in memory until then."""
        self.add(name)
        self.capabilities[name] = "embedding" if embeds else "completion"
        row: Line = {"name": name, "expires_at": expires_at, "context_length": 4096}
        self.loaded = [it for it in self.loaded if it["name"] != name] + [row]

    def _make(self, path: str, name: str, body: Line) -> Line:
        for row in self.loaded:
            if row["name"] == name:  # each use moves its end
                row["expires_at"] = row["expires_at"][:-1] + "1Z"
        made: Line = {"load_duration": int(self.load_seconds * 1e9)}
        if path == "/api/embed":
            return {**made, "embeddings": [embedding(text) for text in body["input"]]}
        return {**made, "response": "4", "done": True, "done_reason": "length", "eval_count": 1}

    async def _pull(self, request: web.Request, name: str) -> web.StreamResponse:
        self.pulled.append(name)
        self.asked.set()
        attempts = self._attempts.get(name, [[MANIFEST, _no_such_file()]])
        attempt = attempts.pop(0) if len(attempts) > 1 else attempts[0]
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for line in attempt:
                await self._tell(request, response, line)
            if SUCCESS in attempt and not self.forgets:
                self.add(name if ":" in name else f"{name}:latest")
            await response.write_eof()
        finally:
            self.ended += 1
        return response

    @staticmethod
    async def _tell(
        request: web.Request, response: web.StreamResponse, line: Line | Trouble
    ) -> None:
        if line is Trouble.CUT:
            assert request.transport is not None
            request.transport.abort()
        elif line is Trouble.HANG:
            await asyncio.Event().wait()
        elif line is Trouble.NONSENSE:
            await response.write(b"<html>\n")
        else:
            await response.write(json.dumps(line).encode() + b"\n")


def _no_such_file() -> Line:
    return {"error": "pull model manifest: file does not exist"}
