"""The one aiohttp session for what services answer over HTTP on loopback, and what went wrong with any, in words."""

from collections.abc import Mapping
from typing import Any

import aiohttp

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "tarsd"}


class HttpSession:
    """No cookies, no proxy, no redirects, a new connection for each request; deadlines are the caller's.

    A connection that was kept would answer for a server that no longer takes new ones.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        json: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        form: aiohttp.FormData | None = None,
    ) -> aiohttp.ClientResponse:
        """The open answer, to be used as a context. Raises aiohttp.ClientError, OSError, ValueError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                headers=_HEADERS,
            )
        return await self._session.request(
            method, url, json=json, data=form, headers=headers, allow_redirects=False
        )

    async def close(self) -> None:
        """Close the session; a later request opens a new one."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def why(error: Exception) -> str:
    """What became of a request, in one short line; aiohttp's own words can be pages."""
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "it closed the connection"
    cause = getattr(error, "os_error", error)
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return " ".join(text.split())[:120]
