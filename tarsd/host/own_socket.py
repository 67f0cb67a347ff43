"""Whether a daemon answers on its socket: asked by `tarsd doctor`, which is there because none did a moment ago."""

import asyncio
from contextlib import suppress
from pathlib import Path

DEADLINE = 2.0
"""Seconds to the first byte, as tarsctl gives it."""

_QUESTION = b"GET /v1/version HTTP/1.1\r\nHost: tarsd\r\nConnection: close\r\n\r\n"


async def answers(socket: Path) -> bool:
    """Whether somebody says something there in time."""
    try:
        return await asyncio.wait_for(_ask(socket), DEADLINE)
    except (OSError, asyncio.TimeoutError):
        return False


async def _ask(socket: Path) -> bool:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(_QUESTION)
        return bool(await reader.read(1))
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
