"""Runs a collector: within its deadline and its size, and whatever goes wrong is a Gap, never an end of the bundle."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from typing import TypeVar

from tarsd.errors import TarsError
from tarsd.operations.bundle.collectors.protocol import (
    Asked,
    Collector,
    File,
    Gap,
    NotHere,
    Partly,
    Put,
    Stream,
    Why,
)

T = TypeVar("T")

LEAVING = 1.0
"""Seconds for what was left early to put its own things away."""


class _TooLarge(Exception):
    """No more room."""


async def take(collector: Collector, put: Put, asked: Asked) -> Sequence[Gap]:
    """Put all its files, and return what is missing of them. Raises what `put` raises, and nothing else.

    What is put ends with a whole line however it ends: half of a secret would be known to nobody.
    """
    return await _Taking(collector, put, asked).run()


class _Taking:
    """One run of one collector."""

    def __init__(self, collector: Collector, put: Put, asked: Asked) -> None:
        self._collector = collector
        self._put = put
        self._asked = asked
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + collector.deadline
        self._room = collector.cap
        self._gaps: list[Gap] = []

    async def run(self) -> Sequence[Gap]:
        files = self._collector.files(self._asked)
        try:
            while (file := await self._next_file(files)) is not None:
                await self._take(file)
        finally:
            await _leave(files)
        return self._gaps

    async def _next_file(self, files: AsyncGenerator[File, None]) -> File | None:
        try:
            return await _next(files, self._end - self._clock())
        except Exception as error:  # noqa: BLE001  a defect of a collector is a gap, too
            self._note(self._collector.id, error)
            return None

    async def _take(self, file: File) -> None:
        end = min(self._end, self._clock() + file.deadline)
        lines = self._lines(file.stream(), end)
        try:
            try:
                first = await _next(lines, None)
            except Exception as error:  # noqa: BLE001  then no file is begun, and none is left empty
                self._note(file.name, error)
                return
            await self._put(file.name, self._rest(file.name, first, lines))
        finally:
            await _leave(lines)

    async def _rest(
        self, name: str, first: bytes | None, lines: AsyncGenerator[bytes, None]
    ) -> AsyncIterator[bytes]:
        """From its first piece on; an error ends it and is noted, and what came before stays."""
        piece = first
        try:
            while piece is not None:
                yield piece
                piece = await _next(lines, None)
        except Exception as error:  # noqa: BLE001
            self._note(name, error)

    async def _lines(self, pieces: Stream, end: float) -> AsyncGenerator[bytes, None]:
        """What comes until `end`, in pieces of whole lines, as long as there is room."""
        held = bytearray()
        try:
            while (piece := await _next(pieces, end - self._clock())) is not None:
                whole = piece.rfind(b"\n") + 1
                if not whole:
                    held += piece
                    self._require(len(held))
                    continue
                yield self._fitting(bytes(held) + piece[:whole])
                held[:] = piece[whole:]
            if held:
                yield self._fitting(bytes(held))
        except Partly:
            if held:
                yield self._fitting(bytes(held))
            raise
        finally:
            await _leave(pieces)

    def _fitting(self, lines: bytes) -> bytes:
        self._require(len(lines))
        self._room -= len(lines)
        return lines

    def _require(self, size: int) -> None:
        if size > self._room:
            raise _TooLarge

    def _note(self, name: str, error: Exception) -> None:
        why, text = _reason(error, self._collector.cap)
        self._gaps.append(Gap(self._collector.id, name, why, text))


def _reason(error: Exception, cap: int) -> tuple[Why, str]:
    if isinstance(error, _TooLarge):
        return "cut", f"there is more than the {cap // 1024} KiB that are taken of all this"
    if isinstance(error, asyncio.TimeoutError):
        return "late", "no answer in time"
    if isinstance(error, NotHere):
        return "absent", str(error)
    if isinstance(error, Partly):
        return error.why, str(error)
    if isinstance(error, TarsError):
        return "failed", error.message
    if isinstance(error, OSError) and error.filename:
        return "failed", f"cannot read {error.filename}: {error.strerror}"
    return "failed", str(error) or type(error).__name__


async def _next(pieces: AsyncGenerator[T, None], left: float | None) -> T | None:
    """The next of them, None after the last. Raises asyncio.TimeoutError after `left` seconds, and what it raises."""
    try:
        return await asyncio.wait_for(
            pieces.__anext__(), left if left is None else max(left, 0.001)
        )
    except StopAsyncIteration:
        return None


async def _leave(pieces: AsyncGenerator[object, None]) -> None:
    """Let it put its things away; one that hangs even then is left where it is."""
    with suppress(asyncio.TimeoutError, RuntimeError):
        await asyncio.wait_for(pieces.aclose(), LEAVING)
