"""A file in pieces, read by a thread that nobody waits for: whatever is read here may lie on a disk that hangs."""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

from tarsd.host.blocking import Unwaited

PIECE = 64 * 1024
"""Bytes."""


async def contents(path: Path) -> AsyncGenerator[bytes, None]:
    """All that is in it, from its beginning. Raises OSError, also for what is no plain file."""
    loop, threads = asyncio.get_running_loop(), Unwaited("pieces")
    descriptor = await loop.run_in_executor(threads, _open, path)
    try:
        while piece := await loop.run_in_executor(threads, os.read, descriptor, PIECE):
            yield piece
    finally:
        # A read that hangs still holds it, and closing it would wait for that.
        threads.submit(os.close, descriptor)


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no plain file", str(path))
    return descriptor
