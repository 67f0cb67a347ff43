"""Whether a daemon answers: one that is gone or silent does not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tarsd.host import own_socket
from tarsd.host.own_socket import answers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def says(path: Path, serve: Serve) -> bool:
    async with await asyncio.start_unix_server(serve, str(path)):
        return await answers(path)


async def test_one_that_says_anything_is_there(tmp_path: Path) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    assert await says(tmp_path / "socket", talk)


async def test_one_that_hangs_or_hangs_up_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(own_socket, "DEADLINE", 0.1)
    assert not await says(tmp_path / "one", hang_up)
    assert not await says(tmp_path / "two", hang)


async def test_nobody_is_not(tmp_path: Path) -> None:
    assert not await answers(tmp_path / "socket")
