"""The Docker Engine's HTTP API over its Unix socket: one small aiohttp client with a deadline on every call.

docker-py brings requests (6 MB) and a 60 s default deadline into the daemon; looking takes a dozen calls.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp

from tarsd.errors import EngineRefused, EngineUnavailable, EngineUnsupported
from tarsd.host.http import why

NEWEST_API = (1, 47)
"""The newest Engine API this client was tried with; an Engine that speaks less is asked in its own."""

OLDEST_API = (1, 41)
"""Docker 20.10: Debian 12's and the oldest that answers one-shot statistics."""

DEADLINE = 5.0
"""Seconds for a call that only looks; an Engine counts as hung after 10 s."""

Body = Mapping[str, Any] | AsyncIterator[bytes] | None


class DockerApi:
    """Raises EngineUnavailable where the Engine is gone or silent, EngineRefused where it says no."""

    def __init__(self, socket: str = "/run/docker.sock") -> None:
        self._socket = socket
        self._session: aiohttp.ClientSession | None = None
        self._prefix: str | None = None

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def object(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET a JSON object."""
        found = await self._json("GET", path, query, None, DEADLINE)
        if not isinstance(found, dict):
            raise misunderstood(f"GET {path}")
        return cast("dict[str, Any]", found)

    async def objects(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """GET a JSON array of objects."""
        found = await self._json("GET", path, query, None, DEADLINE)
        if not isinstance(found, list):
            raise misunderstood(f"GET {path}")
        rows = cast("list[Any]", found)
        if not all(isinstance(row, dict) for row in rows):
            raise misunderstood(f"GET {path}")
        return cast("list[dict[str, Any]]", rows)

    async def post(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body = None,
        deadline: float = DEADLINE,
    ) -> Any:
        """POST; the answer's JSON, or None if it has none."""
        return await self._json("POST", path, query, body, deadline)

    async def delete(self, path: str, query: Mapping[str, str] | None = None) -> None:
        """DELETE an object."""
        await self._json("DELETE", path, query, None, 30.0)

    async def version(self) -> Mapping[str, Any]:
        """`GET /version`, and the API version to speak from now on; asked anew on every call."""
        found = await self._json("GET", "/version", None, None, DEADLINE, versioned=False)
        try:
            offered, least = _pair(found["ApiVersion"]), _pair(found.get("MinAPIVersion") or "1.0")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise misunderstood("GET /version") from error
        if offered < OLDEST_API or least > NEWEST_API:
            raise EngineUnsupported(
                f"cannot use Docker {found.get('Version')}: its API {found['ApiVersion']} is not "
                f"between {OLDEST_API[0]}.{OLDEST_API[1]} and {NEWEST_API[0]}.{NEWEST_API[1]}",
                fix="install Docker 20.10 or newer, or a newer tars-home",
            )
        spoken = min(offered, NEWEST_API)
        self._prefix = f"/v{spoken[0]}.{spoken[1]}"
        return found

    async def lines(
        self, method: str, path: str, query: Mapping[str, str], body: Body = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The JSON lines of a long answer (pull, load), each within 5 minutes of the one before."""
        async with self.stream(method, path, query, body, silence=300.0) as response:
            try:
                async for line in response.content:
                    if line.strip():
                        yield _object(line, path)
            except ValueError as error:  # aiohttp: a line that does not end
                raise misunderstood(path) from error

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Body = None,
        silence: float | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """An open answer; `silence` is the longest wait in seconds between two pieces, None for ever."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=DEADLINE, sock_read=silence)
        async with self._request(method, path, query, body, timeout) as response:
            yield response

    async def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Body,
        deadline: float,
        *,
        versioned: bool = True,
    ) -> Any:
        timeout = aiohttp.ClientTimeout(total=deadline)
        async with self._request(method, path, query, body, timeout, versioned) as response:
            raw = await response.read()
            try:
                return json.loads(raw) if raw.strip() else None
            except ValueError as error:
                raise misunderstood(f"{method} {path}") from error

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Body,
        timeout: aiohttp.ClientTimeout,
        versioned: bool = True,
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        if versioned and self._prefix is None:
            await self.version()
        content: dict[str, Any] = (
            {"json": dict(body)} if isinstance(body, Mapping) else {"data": body} if body else {}
        )
        url = f"http://docker{self._prefix if versioned else ''}{path}"
        try:
            async with self._open().request(
                method, url, params=query, timeout=timeout, **content
            ) as response:
                await _raise_refusal(response, f"{method} {path}")
                yield response
        except asyncio.TimeoutError as error:
            raise EngineUnavailable(
                f"cannot reach the Docker Engine: no answer to {method} {path} in time", fix=RESTART
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            self._prefix = None  # whatever answers next may be another Engine
            raise EngineUnavailable(
                f"cannot reach the Docker Engine at {self._socket}: {why(error)}", fix=RESTART
            ) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(self._socket))
        return self._session


RESTART = "systemctl status docker; sudo systemctl restart docker"


def misunderstood(asked: str) -> EngineUnavailable:
    """The error for an answer of another shape than the Engine's API has."""
    return EngineUnavailable(
        f"cannot understand the Engine: its answer to {asked} is not of its API's shape",
        fix=RESTART,
    )


def _pair(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


def _object(line: bytes, path: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise misunderstood(path) from error
    if not isinstance(found, dict):
        raise misunderstood(path)
    return cast("dict[str, Any]", found)


async def _raise_refusal(response: aiohttp.ClientResponse, asked: str) -> None:
    if response.status < 400:
        return
    try:
        message = str(json.loads(await response.read())["message"])
    except (ValueError, KeyError, TypeError):
        message = response.reason or "no reason given"
    raise EngineRefused(
        f"cannot {asked}: the Engine says {message!r}", details={"status": response.status}
    )
