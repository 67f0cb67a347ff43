"""A double of Chroma's second API on a real port: databases, collections, and a search that compares vectors."""

import asyncio
import re
from typing import Any

from aiohttp import web

Rows = dict[str, tuple[list[float], str]]

DATABASES = "/api/v2/tenants/default_tenant/databases"


class FakeChroma:
    """`says` answers a method and the end of a path with a status and a body; what matches `hung` is never answered.

    `forgetful` takes documents and finds none; `wrong` finds the farthest.
    """

    def __init__(self) -> None:
        self.databases: dict[str, dict[str, Rows]] = {"default_database": {"papers": {}}}
        self.says: dict[tuple[str, str], tuple[int, str]] = {}
        self.hung: set[tuple[str, str]] = set()
        self.forgetful = self.wrong = False
        self.asked: list[str] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        end = request.path.rpartition("/")[2]
        end = "NAME" if "scratch" in end else end
        self.asked.append(f"{request.method} {end}")
        if (request.method, end) in self.hung:
            await asyncio.Event().wait()
        if (request.method, end) in self.says:
            status, text = self.says[(request.method, end)]
            return web.Response(status=status, text=text)
        body: dict[str, Any] = await request.json() if request.can_read_body else {}
        return self._answer(request.method, request.path, body)

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> web.Response:
        if path == DATABASES and method == "POST":
            if body["name"] in self.databases:
                return web.json_response({"error": "UniqueConstraintError"}, status=409)
            self.databases[body["name"]] = {}
            return web.json_response({})
        within = re.fullmatch(rf"{DATABASES}/([^/]+)/collections(?:/([^/]+)(?:/(\w+))?)?", path)
        assert within is not None, path
        collections = self.databases.get(within[1])
        if collections is None and (method, within[2]) == ("GET", None):
            return web.json_response([])
        if collections is None:
            return web.json_response({"error": "NotFoundError"}, status=404)
        if within[2] is None:
            return self._collections(method, collections, body)
        return self._collection(method, collections, within[2], within[3], body)

    def _collections(
        self, method: str, collections: dict[str, Rows], body: dict[str, Any]
    ) -> web.Response:
        if method == "GET":
            return web.json_response([{"name": name, "id": name} for name in collections])
        if body["name"] in collections and not body["get_or_create"]:
            return web.json_response({"error": "exists"}, status=409)
        collections.setdefault(body["name"], {})
        return web.json_response({"name": body["name"], "id": body["name"]})

    def _collection(
        self,
        method: str,
        collections: dict[str, Rows],
        name: str,
        act: str | None,
        body: dict[str, Any],
    ) -> web.Response:
        if name not in collections:
            return web.json_response({"error": "NotFoundError"}, status=404)
        rows = collections[name]
        if method == "DELETE":
            del collections[name]
        elif act == "upsert":
            given = zip(body["ids"], body["embeddings"], body["documents"], strict=True)
            rows.update({key: (vector, text) for key, vector, text in given})
        elif act == "delete":
            for key in body["ids"]:
                rows.pop(key, None)
        elif act == "query":
            return web.json_response({"documents": [self._found(rows, body)]})
        return web.json_response({})

    def _found(self, rows: Rows, body: dict[str, Any]) -> list[str]:
        if self.forgetful:
            return []
        asked: list[float] = body["query_embeddings"][0]

        def far(vector: list[float]) -> float:
            return sum((a - b) ** 2 for a, b in zip(asked, vector, strict=True))

        ordered = sorted(rows.values(), key=lambda row: far(row[0]), reverse=self.wrong)
        return [text for _, text in ordered][: body["n_results"]]
