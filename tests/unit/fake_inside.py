"""What the double of the Engine shows of the inside of containers: programs that are run there, and archives of files."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.unit.fake_container import FakeContainer


class FakeInside:
    """`programs`: what a program run in a service's container writes on both streams, and how it ends.

    `files`: by service and path, the archive of it; the connection breaks after `cuts` bytes of one, or of what a program
    writes. `ends`: whether the Engine knows that a program has ended. `commands` were run.
    """

    def __init__(self, find: Callable[[str], FakeContainer]) -> None:
        self.programs: dict[str, tuple[bytes, bytes, int]] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.cuts: int | None = None
        self.ends = True
        self.commands: list[list[str]] = []
        self._find = find

    def table(self) -> list[tuple[str, str, Any]]:
        """Routes, as FakeEngine has them."""
        return [
            ("GET", "/containers/([^/]+)/archive", self._archive),
            ("POST", "/containers/([^/]+)/exec", self._exec),
            ("POST", "/exec/([^/]+)/start", self._exec_start),
            ("GET", "/exec/([^/]+)/json", self._exec_end),
        ]

    async def _archive(self, request: web.Request, container_id: str) -> web.StreamResponse:
        body = self.files.get((self._find(container_id).service, request.query["path"]))
        if body is None:
            return _refuse(404, f"Could not find the file {request.query['path']} in container")
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(body[: self.cuts])
        if self.cuts is not None and request.transport is not None:
            request.transport.abort()
        await response.write_eof()
        return response

    async def _exec(self, request: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        if container.state != "running":
            return _refuse(409, f"container {container_id} is not running")
        self.commands.append((await request.json())["Cmd"])
        return web.json_response({"Id": container.service}, status=201)

    async def _exec_start(self, request: web.Request, service: str) -> web.StreamResponse:
        output, errors, _ = self.programs[service]
        response = web.StreamResponse()
        await response.prepare(request)
        pieces = ((1, output[:1000]), (2, errors), (1, output[1000:]))
        told = [bytes([stream, 0, 0, 0]) + len(it).to_bytes(4, "big") + it for stream, it in pieces]
        await response.write(b"".join(told)[: self.cuts])
        await response.write_eof()
        return response

    async def _exec_end(self, _: web.Request, service: str) -> web.Response:
        end = self.programs[service][2] if self.ends else None
        return web.json_response({"Running": not self.ends, "ExitCode": end})


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
