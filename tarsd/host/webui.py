"""Open WebUI's HTTP interface on its published port, as far as a test of it needs: signing in, documents, a search.

Its paths are those of version 0.12 (open_webui/routers). A path that it does not know answers 200 with a page of HTML, so
nothing counts that is not JSON.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import aiohttp

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address, UnexpectedAnswer, one_line
from tarsd.host.http import HttpSession

ADMIN = "admin@localhost"
"""WEBUI_ADMIN_EMAIL of compose.yaml."""

LARGEST_ANSWER = 1 << 20
"""Bytes; the longest that is read lists the owner's knowledge."""

OLD_KEY = "t0p-s3cr3t"
"""Open WebUI's own default for WEBUI_SECRET_KEY; whoever knows it forges anybody's token."""


class Refused(Exception):
    """It says no: the HTTP status, and its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"HTTP {status}: {words}" if words else f"HTTP {status}")
        self.status = status


class WebUi:
    """`token`: of who is signed in. Raises Refused, UnexpectedAnswer, EOFError, OSError; deadlines are the caller's."""

    def __init__(self, http: HttpSession, address: Address, token: str | None = None) -> None:
        self._http = http
        self.address = address
        self._token = token

    async def signed_in(self, email: str, password: str) -> "WebUi":
        """The same as somebody."""
        body = {"email": email, "password": password}
        told = await self.ask("POST", "/api/v1/auths/signin", body)
        token = told.get("token") if isinstance(told, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(token, str) or not token.isprintable():
            raise UnexpectedAnswer("it lets somebody in without a token")
        return WebUi(self._http, self.address, token)

    def forged(self) -> "WebUi":
        """The same with a token that anybody could write."""
        head, body = {"alg": "HS256", "typ": "JWT"}, {"id": "00000000-0000-0000-0000-000000000000"}
        text = ".".join(_encoded(json.dumps(it).encode()) for it in (head, body))
        signature = hmac.digest(OLD_KEY.encode(), text.encode(), hashlib.sha256)
        return WebUi(self._http, self.address, f"{text}.{_encoded(signature)}")

    async def headers(self, path: str = "/") -> Mapping[str, str]:
        """Those of an answer, their names in small letters."""
        async with await self._http.request("GET", f"http://{self.address}{path}") as response:
            response.close()
            return {name.lower(): value for name, value in response.headers.items()}

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        form: aiohttp.FormData | None = None,
    ) -> Any:
        """The JSON that it answers."""
        headers = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        url = f"http://{self.address}{path}"
        try:
            call = self._http.request(method, url, body, headers=headers, form=form)
            async with await call as response:
                try:
                    raw = await _body(response)
                finally:
                    response.close()
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise EOFError from error
        if response.status >= 400:
            raise Refused(response.status, _words(raw))
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise UnexpectedAnswer(f"it answers {path} with something that is not JSON") from error

    async def rows(self, path: str) -> Sequence[Mapping[str, Any]]:
        """Objects, as a list or within one under `items`, as its newer lists are."""
        found = await self.ask("GET", path)
        if isinstance(found, dict):
            found = cast("dict[str, Any]", found).get("items")
        rows: list[Any] = cast("list[Any]", found) if isinstance(found, list) else []
        return [cast("Mapping[str, Any]", row) for row in rows if isinstance(row, dict)]


async def _body(response: aiohttp.ClientResponse) -> bytes:
    kept = bytearray()
    async for piece in response.content.iter_any():
        kept += piece
        if len(kept) > LARGEST_ANSWER:
            raise UnexpectedAnswer("it answers without end")
    return bytes(kept)


def _words(raw: bytes) -> str:
    try:
        return one_line(str(json.loads(raw)["detail"]))
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def told(asking: Any, address: Address, deadline: float) -> Any:
    """What comes of `asking` within so many seconds. Raises Refused, ProbeFailed."""
    try:
        return await asyncio.wait_for(asking, deadline)
    except asyncio.TimeoutError as error:
        raise ProbeFailed(str(address), f"no answer within {deadline:.0f} s", "silent") from error
    except (OSError, EOFError, UnexpectedAnswer, aiohttp.ClientError) as error:
        raise ProbeFailed(
            str(address), one_line(str(error)) or "it closed the connection", "sick"
        ) from error
