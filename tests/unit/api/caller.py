"""A client of the daemon's socket that sees the envelope as it is."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Reply:
    """Status, headers and the JSON body."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def result(self) -> Any:
        """What a sync envelope holds."""
        assert (self.status, self.body["type"]) == (200, "sync"), self
        return self.body["result"]

    @property
    def change(self) -> str:
        """The id that an async envelope holds."""
        assert (self.status, self.body["type"]) == (202, "async"), self
        return str(self.body["change"])

    @property
    def error(self) -> dict[str, Any]:
        """What an error envelope holds."""
        assert self.status >= 400, self
        assert self.body.keys() == {"type", "error"}, self
        assert self.body["type"] == "error"
        assert self.body["error"].keys() == {"kind", "message", "fix", "details"}
        return dict(self.body["error"])


class Caller:
    """Speaks to the socket at `path`."""

    def __init__(self, path: Path) -> None:
        self.session = aiohttp.ClientSession(
            "http://tarsd", connector=aiohttp.UnixConnector(str(path))
        )

    async def get(self, path: str) -> Reply:
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: object = None) -> Reply:
        return await self._ask("POST", path, body)

    async def close(self) -> None:
        await self.session.close()

    async def _ask(self, method: str, path: str, body: object) -> Reply:
        given: dict[str, Any] = {"json": body} if body is not None else {}
        if isinstance(body, bytes):
            given = {"data": io.BytesIO(body)}
        async with self.session.request(method, path, **given) as response:
            text = await response.text()
            assert "\n" not in text.strip(), "an envelope is one line"
            return Reply(response.status, dict(response.headers), await response.json())


OTHER_UID = 65534 if os.geteuid() == 0 else os.geteuid()
"""Somebody who is not root."""


def not_root() -> bool:
    """Whether this process cannot be the peer that a root-only route asks for."""
    return os.geteuid() != 0
