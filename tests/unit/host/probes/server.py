"""A server on a port of loopback that talks as a test says, and remembers nothing but what it was sent."""

import asyncio
from collections.abc import Awaitable, Callable

from tarsd.host.conversation import Address

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """`received` is everything of all connections, in order."""

    def __init__(self) -> None:
        self.received = b""
        self.talk: Talk = hang
        self.connections = 0
        self.address = Address("127.0.0.1", 0)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """Connections that have not ended on either side."""
        return len(self._open)

    async def start(self, host: str = "127.0.0.1") -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Noted(self, self._serve), host, 0)
        self.address = Address(*self._server.sockets[0].getsockname()[:2])

    async def stop(self) -> None:
        """Nothing listens there any more."""
        if self._server is not None:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            await self.talk(reader, writer)
            await writer.drain()
        except (EOFError, ConnectionError):
            pass
        finally:
            writer.close()
            self._open.discard(task)


class _Noted(asyncio.StreamReaderProtocol):
    """What comes in is noted, whether anybody reads it or not."""

    def __init__(self, server: Server, serve: Talk) -> None:
        super().__init__(asyncio.StreamReader(), serve)
        self._server = server

    def data_received(self, data: bytes) -> None:
        self._server.received += data
        super().data_received(data)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the connection and never say a word, as a process under SIGSTOP does."""
    await asyncio.Event().wait()


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take it and end it, as Docker does for a container in which nothing listens yet."""


def says(answer: bytes, *, then_hangs: bool = False) -> Talk:
    """Answer the first thing that comes so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        if then_hangs:
            await asyncio.Event().wait()

    return talk


def repeats(begin: bytes, piece: bytes, pause: float = 0.0) -> Talk:
    """Answer, and go on for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(begin)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk
