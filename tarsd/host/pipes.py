"""A job's standard streams: pipes of which the unit holds one end."""

import asyncio
import os
from collections.abc import Callable

KEPT_OUTPUT = 8 * 1024 * 1024
"""Bytes of a job's standard output that are kept; what comes after is read and dropped."""


PIPE = 64 * 1024
"""Bytes a pipe takes before anybody reads (pipe(7))."""


def source_of(given: bytes) -> int | None:
    """The read end of a pipe that holds `given` and nothing after it; None where there is nothing to give."""
    if not given:
        return None
    if len(given) > PIPE:
        raise ValueError(f"a job can be given {PIPE} bytes, not {len(given)}")
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.write(write_end, given)
    os.close(write_end)
    return read_end


class Pipe:
    """One output of a job: the unit holds the write end, we read until it is closed."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self._open = True

    def close_write(self) -> None:
        """Let go of the write end, so that the unit's own is the last one."""
        if self._open:
            self._open = False
            os.close(self.write_end)

    async def read(
        self, loop: asyncio.AbstractEventLoop, heard: Callable[[bytes], None] | None = None
    ) -> bytes:
        """All that is written until nobody can write any more; what is beyond KEPT_OUTPUT is dropped.

        `heard` is told each piece as it comes.
        """
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._read_end, "rb", 0)
        )
        kept = bytearray()
        try:
            while chunk := await reader.read(65536):
                kept += chunk[: KEPT_OUTPUT - len(kept)]
                if heard is not None:
                    heard(chunk)
        finally:
            transport.close()
        return bytes(kept)
