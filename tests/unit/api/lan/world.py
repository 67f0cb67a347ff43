"""The LAN listener on 127.0.0.1 with a certificate of a throw-away CA, and a client that trusts it."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tarsd.api.lan.access import Who
from tarsd.api.lan.door import Door
from tarsd.api.lan.listener import Listener
from tarsd.api.lan.refusals import NotSignedIn
from tarsd.api.lan.route import LanRoute
from tarsd.api.lan.server import LanServer
from tarsd.errors import TarsError
from tarsd.host.in_job import certificate_make
from tests.unit.log import Log

NAMES = ["attic", "attic.local", "localhost"]


@lru_cache(maxsize=1)
def certificates() -> dict[str, Any]:
    """A CA and a leaf for this machine; made once, they take a while."""
    given = {"ca": None, "names": NAMES, "addresses": ["127.0.0.1"]}
    return certificate_make.answer(given)


def contexts(directory: Path, made: dict[str, Any]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    file = directory / "leaf.pem"
    file.write_text(made["leaf"]["certificate"] + made["leaf"]["key"], encoding="utf-8")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made["ca"]["certificate"])


class Badges:
    """A gate that believes whoever says `Bearer ROLE`, but for roles that are `revoked`."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.revoked: set[str] = set()

    def who(self, request: web.BaseRequest) -> Who | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            return None
        if given not in ("viewer", "metrics", "operator") or given in self.revoked:
            raise NotSignedIn("cannot answer: that token is not known")
        return Who(given, given)

    def address(self, request: web.BaseRequest) -> str:
        return "127.0.0.1"

    def refused(self, request: web.BaseRequest, error: TarsError) -> None:
        self.refusals.append(error.kind)


class Watcher:
    """Remembers what was answered."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        self.seen.append((method, path, status))


@dataclass(frozen=True)
class Said:
    """An answer, whole."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        """What an error envelope holds."""
        assert self.json.keys() == {"type", "error"}
        assert self.json["type"] == "error"
        assert self.json["error"]["message"].startswith("cannot ")
        return dict(self.json["error"])


@dataclass
class LanWorld:
    """Start, ask, stop; `raw` sends bytes and reads what comes."""

    directory: Path
    routes: list[LanRoute]
    gate: Any = field(default_factory=Badges)
    log: Log = field(default_factory=Log)
    watcher: Watcher = field(default_factory=Watcher)
    page_of: Callable[[TarsError], str] | None = None

    async def start(self) -> None:
        self.server = LanServer(
            self.routes,
            Door(lambda: {*NAMES, "127.0.0.1"}),
            self.gate,
            self.watcher,
            self.log.logger,
            self.page_of,
        )
        self.listener = Listener(self.server, self.log.logger)
        mine, self.theirs = contexts(self.directory, certificates())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.listener.listen([("127.0.0.1", self.port)], mine)
        assert not self.listener.unheard
        self.client = aiohttp.ClientSession(f"https://127.0.0.1:{self.port}")

    async def stop(self) -> None:
        await self.client.close()
        await self.listener.stop()

    async def ask(self, method: str, path: str, role: str = "", **given: Any) -> Said:
        headers = dict(given.pop("headers", {}))
        if role:
            headers["Authorization"] = f"Bearer {role}"
        async with self.client.request(
            method, path, headers=headers, ssl=self.theirs, allow_redirects=False, **given
        ) as response:
            return Said(response.status, response.headers, await response.text())

    async def raw(self, *pieces: bytes, pause: float = 0, within: float = 10) -> bytes:
        """What comes back until the other side hangs up."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.theirs, server_hostname="localhost"
        )
        try:
            with suppress(ConnectionError):  # it has hung up on us already
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)
            return await asyncio.wait_for(reader.read(), within)
        finally:
            writer.transport.abort()
