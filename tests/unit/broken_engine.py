"""A double of an Engine on its worst days: what it sends is not HTTP, or not JSON, or not all of it, or nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Misbehaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _says(answer: bytes) -> Misbehaviour:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return say


def _http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


async def _hangs(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _hangs_in_the_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_http(b'{"ApiVersion": ', length=1000))
    await asyncio.Event().wait()


async def _drips(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b'{"ApiVersion": "1.45", "Version": "26", "MinAPIVersion": "1.24"}'

MISBEHAVIOURS: dict[str, Misbehaviour] = {
    "closes at once": _says(b""),
    "closes in the head": _says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "closes in the body": _says(_http(GOOD[:20], length=len(GOOD))),
    "closes in a chunk": _says(CHUNKED + b"40\r\n" + GOOD[:20]),
    "closes before the last chunk": _says(CHUNKED + b'5\r\n{"A":\r\n'),
    "sends no HTTP": _says(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "sends a strange chunk size": _says(CHUNKED + b"lots\r\n" + GOOD),
    "sends endless headers": _says(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000 + b"\r\n\r\n"),
    "sends HTML": _says(_http(b"<html><body>It works!</body></html>")),
    "sends broken JSON": _says(_http(b'{"ApiVersion": "1.45"')),
    "sends JSON of another shape": _says(_http(b'[{"ApiVersion": "1.45"}]')),
    "sends another encoding": _says(_http(b"\xff\xfe\x00")),
    "sends nothing with a 200": _says(_http(b"")),
    "sends gzip that is none": _says(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
    ),
    "redirects for ever": _says(
        b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    ),
    "is a proxy whose Engine is down": _says(_http(b"<html>Bad Gateway</html>", "502 Bad Gateway")),
    "fails": _says(_http(b'{"message": "server gave HTTP response"}', "500 Internal Server Error")),
    "fails without a word": _says(_http(b"", "500 Internal Server Error")),
    "fails in the body": _says(_http(b'{"mess', "500 Internal Server Error", 100)),
    "hangs": _hangs,
    "hangs in the body": _hangs_in_the_body,
    "drips": _drips,
}


class BrokenEngine:
    """Answers every request so, or, after `good` answers to /version, only then."""

    def __init__(self, socket: Path, misbehaviour: Misbehaviour, *, good: bool) -> None:
        self._socket = socket
        self._misbehaviour = misbehaviour
        self._good = good
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._socket)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if self._good and b"/version" in head.splitlines()[0]:
                writer.write(_http(GOOD))
                head = await reader.readuntil(b"\r\n\r\n")
            await self._misbehaviour(reader, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
