"""HTTP: one GET, the status and the JSON that are expected; whatever else comes is a failure of the service."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import MOST_BYTES, Address, UnexpectedAnswer, one_line
from tarsd.host.http import HttpSession
from tarsd.host.probes.expect import Expectation
from tarsd.host.probes.probe import DEADLINE, timed

_WORDS_DEADLINE = 1.0
"""Seconds for what a server adds to a bad status, which is told with or without it."""


@dataclass(frozen=True)
class HttpProbe:
    """Whether a path answers as expected. `path` begins with a slash and may have a query."""

    session: HttpSession
    address: Address
    path: str
    expect: Expectation
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._get(), self.deadline)

    async def _get(self) -> None:
        try:
            url = f"http://{self.address}{self.path}"
            async with await self.session.request("GET", url) as response:
                try:
                    await self._judge(response)
                finally:
                    response.close()  # or the rest of an endless answer is waited for
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise EOFError from error
        except aiohttp.ClientOSError:  # `timed` knows these
            raise
        except (aiohttp.ClientError, ValueError) as error:
            raise UnexpectedAnswer(f"it does not speak HTTP: {_words(error)}") from error

    async def _judge(self, response: aiohttp.ClientResponse) -> None:
        if response.status != self.expect.status:
            raise ProbeFailed(str(self.address), await self._status_words(response), "sick")
        if not self.expect.json:
            return
        document = _json(response, await _body(response))
        reason = self.expect.judge(document)
        if reason is not None:
            raise ProbeFailed(str(self.address), one_line(reason), "sick")

    async def _status_words(self, response: aiohttp.ClientResponse) -> str:
        """`HTTP 503` and what the server adds to it, if that is short text."""
        words = f"{self.path} answers HTTP {response.status}"
        if response.content_type not in ("application/json", "text/plain"):
            return one_line(words)
        with suppress(asyncio.TimeoutError, aiohttp.ClientError):
            said = await asyncio.wait_for(response.content.read(500), _WORDS_DEADLINE)
            words += f": {said.decode('utf-8', 'replace')}" if said else ""
        return one_line(words)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise UnexpectedAnswer(f"it answers with more than {MOST_BYTES // 1024} KiB")
    return bytes(body)


def _json(response: aiohttp.ClientResponse, body: bytes) -> object:
    kind = response.content_type
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnexpectedAnswer(f"it answers with {one_line(kind)[:60]}, not JSON")
    charset = (response.charset or "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnexpectedAnswer(f"it answers in {one_line(charset)[:60]}, not UTF-8")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnexpectedAnswer("it answers compressed, unasked")
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("its answer is not valid JSON") from error


def _words(error: Exception) -> str:
    """aiohttp's own can be pages, with the bytes it stumbled over."""
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    return "it speaks TLS" if "\\x15\\x03" in text else one_line(text)[:80]
