"""One question to Redis, and an answer in time."""

import asyncio
from collections.abc import Callable

import pytest

from tarsd.errors import DatabaseUnavailable
from tarsd.host.redis import Redis


async def serve(answer: bytes | None) -> tuple[asyncio.Server, Redis, list[bytes]]:
    """A server that says this, or nothing at all until its client goes."""
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return server, Redis(lambda: port), heard


@pytest.mark.parametrize(
    ("answer", "takes"),
    [(b"+OK\r\n", True), (b"-WRONGPASS invalid username-password pair\r\n", False)],
)
async def test_it_takes_it_or_not(answer: bytes, takes: bool) -> None:
    server, redis, heard = await serve(answer)
    assert await redis.accepts("pass") is takes
    assert heard == [b"*2\r\n$4\r\nAUTH\r\n$4\r\npass\r\n"]
    server.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400\r\n", b"-LOADING in memory\r\n", None])
async def test_anything_else_is_no_answer(answer: bytes | None, clock: Callable[[], float]) -> None:
    server, redis, _ = await serve(answer)
    began = clock()
    with pytest.raises(DatabaseUnavailable) as told:
        await redis.accepts("s3cret")
    assert "s3cret" not in told.value.message
    assert clock() - began < 10
    await asyncio.sleep(1)
    server.close()


async def test_nobody_there() -> None:
    server, redis, _ = await serve(b"")
    server.close()
    await server.wait_closed()
    with pytest.raises(DatabaseUnavailable, match="cannot ask Redis"):
        await redis.accepts("x")
