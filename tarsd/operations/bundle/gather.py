"""The collectors at work, in a child process: raw files come back by descriptor, and have no name on the disk."""

import asyncio
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tarsd.errors import NoSpace
from tarsd.operations.bundle import canary
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, Gap
from tarsd.operations.bundle.collectors.taking import take
from tarsd.operations.bundle.forked import plain_signals, reason
from tarsd.operations.bundle.private import nameless
from tarsd.operations.bundle.space import Space

AT_ONCE = 4
"""Collectors side by side: most of them wait for somebody."""

GRACE = 5.0
"""Seconds beyond the deadlines of all of them together, after which the process that runs them is given up."""

LONGEST_MESSAGE = 64 * 1024


@dataclass(frozen=True)
class Raw:
    """A raw file: its descriptor, its size without the canary at its end, and that."""

    name: str
    collector: str
    descriptor: int
    size: int
    canary: str

    def open(self) -> BinaryIO:
        """To be read from its beginning, at a place of its own in each process. Raises OSError."""
        return open(f"/proc/self/fd/{self.descriptor}", "rb")  # noqa: PTH123  no path of anybody's


@dataclass
class Gathered:
    """What there is, what is missing, and how long each collector took."""

    raws: list[Raw] = field(default_factory=list[Raw])
    gaps: list[Gap] = field(default_factory=list[Gap])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    error: str | None = None
    """Why nothing of it may be used: the disk is full."""


def gather(
    collectors: Sequence[Collector],
    asked: Asked,
    directory: Path,
    space: Space,
    ended: Callable[[str, int], None],
) -> Gathered:
    """Run them all. One that blocks its whole process is waited for no longer than all of them may take, and left behind.

    `ended` is told the title of each that has ended, and how many have. Called from a process without threads.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if not pid:
        _child(ours, theirs, collectors, asked, directory, space)
    theirs.close()
    found = Gathered()
    try:
        _receive(ours, found, collectors, ended)
    finally:
        ours.close()
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        _reap(pid)
    found.raws.sort(key=lambda it: it.name)
    return found


def longest(collectors: Sequence[Collector]) -> float:
    """Seconds that all of them may take."""
    times = [it.deadline for it in collectors]
    return max([sum(times) / AT_ONCE + max(times, default=0.0), 1.0]) + GRACE


def _receive(
    line: socket.socket,
    found: Gathered,
    collectors: Sequence[Collector],
    ended: Callable[[str, int], None],
) -> None:
    titles = {it.id: it.title for it in collectors}
    end = time.monotonic() + longest(collectors)
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        while len(found.seconds) < len(collectors):
            if not selector.select(max(end - time.monotonic(), 0.0)):
                break
            message, descriptors, _, _ = socket.recv_fds(line, LONGEST_MESSAGE, 1)
            if not message:
                break
            told: dict[str, Any] = json.loads(message)
            if "error" in told:
                found.error = told["error"]
                break
            if "file" in told:
                found.raws.append(Raw(**told["file"], descriptor=descriptors[0]))
            elif "gap" in told:
                found.gaps.append(Gap(**told["gap"]))
            else:
                found.seconds[told["id"]] = told["seconds"]
                ended(titles[told["id"]], len(found.seconds))
    for it in collectors:
        if it.id not in found.seconds:
            found.gaps.append(Gap(it.id, it.id, "late", "it hung, and was left behind"))


def _reap(pid: int) -> None:
    """A process that hangs in the kernel cannot be killed: it is left, and the unit it is in with it."""
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        time.sleep(0.01)


def _child(
    ours: socket.socket,
    theirs: socket.socket,
    collectors: Sequence[Collector],
    asked: Asked,
    directory: Path,
    space: Space,
) -> None:
    status = 1
    try:
        os.setpgid(0, 0)
        ours.close()
        plain_signals()
        asyncio.run(_Gathering(theirs, asked, directory, space).run(collectors))
        status = 0
    finally:
        os._exit(status)


class _DiskError(Exception):
    """Nothing more can be written: no collector's trouble, but the end of the run."""


class _Gathering:
    def __init__(self, line: socket.socket, asked: Asked, directory: Path, space: Space) -> None:
        self._line = line
        self._asked = asked
        self._directory = directory
        self._space = space
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self, collectors: Sequence[Collector]) -> None:
        try:
            await asyncio.gather(*(self._one(it) for it in collectors))
        except _DiskError as error:
            self._tell({"error": str(error)})

    async def _one(self, collector: Collector) -> None:
        async with self._places:
            begun = time.monotonic()

            async def put(name: str, pieces: AsyncIterator[bytes]) -> None:
                await self._put(collector.id, name, pieces)

            try:
                gaps = await take(collector, put, self._asked)
            except _DiskError:
                raise
            except Exception as error:  # noqa: BLE001  a collector's defect costs its own files only
                gaps = [Gap(collector.id, collector.id, "failed", f"a defect: {reason(error)}")]
            for gap in gaps:
                self._tell({"gap": gap.as_json() | {"text": gap.text[:4000]}})
            self._tell({"id": collector.id, "seconds": round(time.monotonic() - begun, 3)})

    async def _put(self, collector: str, name: str, pieces: AsyncIterator[bytes]) -> None:
        value, size, last = canary.hatch(), 0, b"\n"
        try:
            with nameless(self._directory) as stream:
                async for piece in pieces:
                    if piece:
                        await asyncio.to_thread(self._write, stream, piece)
                        size, last = size + len(piece), piece[-1:]
                end = (b"" if last == b"\n" else b"\n") + canary.line(value)
                await asyncio.to_thread(self._write, stream, end)
                told = {"name": name, "collector": collector, "size": size, "canary": value}
                self._tell({"file": told}, stream.fileno())
        except (OSError, NoSpace) as error:
            words = (
                error.message if isinstance(error, NoSpace) else f"cannot write: {error.strerror}"
            )
            raise _DiskError(words) from error

    def _write(self, stream: BinaryIO, piece: bytes) -> None:
        stream.write(piece)
        stream.flush()
        self._space.took(len(piece))

    def _tell(self, what: dict[str, Any], *descriptors: int) -> None:
        socket.send_fds(self._line, [json.dumps(what).encode()], list(descriptors))
