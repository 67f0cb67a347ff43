"""A running tarsd, asked over its own socket by a process of ours that runs beside it."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tarsd.errors import HostSilent
from tarsd.host.http import why

FIRST = 2.0
"""Seconds to connect: tarsctl gives it as much to its first byte."""

LARGEST = 16 * 1024 * 1024
"""Bytes of an answer."""

FIX = "systemctl status tarsd"


class OwnApi:
    """Raises HostSilent where no daemon answers, or it says no."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def get(self, path: str, deadline: float = 5.0) -> Any:
        """The result that is in the envelope."""
        return await self._ask("GET", path, None, deadline)

    async def post(self, path: str, body: Mapping[str, object], deadline: float) -> Any:
        """The same of what is asked for with a body."""
        return await self._ask("POST", path, body, deadline)

    async def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None, deadline: float
    ) -> Any:
        try:
            envelope = json.loads(await self._body(method, path, body, deadline))
            if envelope["type"] == "error":
                raise HostSilent(str(envelope["error"]["message"]), fix=FIX)
            return envelope["result"]
        except asyncio.TimeoutError as error:
            raise HostSilent(
                f"cannot reach tarsd: no answer to {method} {path} in time", fix=FIX
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise HostSilent(
                f"cannot reach tarsd at {self._socket}: {why(error)}", fix=FIX
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise HostSilent(
                f"cannot understand tarsd: its answer to {method} {path} is not of its API", fix=FIX
            ) from error

    async def _body(
        self, method: str, path: str, body: Mapping[str, object] | None, deadline: float
    ) -> bytes:
        timeout = aiohttp.ClientTimeout(total=deadline, sock_connect=FIRST)
        connector = aiohttp.UnixConnector(str(self._socket))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.request(method, f"http://tarsd{path}", json=body) as response,
        ):
            kept = bytearray()
            async for piece in response.content.iter_any():
                kept += piece
                if len(kept) > LARGEST:
                    raise ValueError("an answer that does not end")
            return bytes(kept)
