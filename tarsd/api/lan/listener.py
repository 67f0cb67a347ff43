"""Where the LAN server is reached: a socket for each address, the TLS certificate of the moment, and how many may come."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Collection
from functools import partial
from ipaddress import ip_address

from structlog.typing import FilteringBoundLogger

from tarsd.api.lan.delays import home_of
from tarsd.api.lan.server import LanServer

CONNECTIONS = 400
"""At once; one with TLS costs some 60 KB, so all of them 24 MB."""

FROM_ONE = CONNECTIONS // 2
"""Of these, from one address."""

HANDSHAKE = 5.0
"""Seconds for TLS to be agreed on."""

BACKLOG = 128
AT_ONCE = 32
"""Connections taken in one turn of the loop."""

BREATH = 1.0
"""Seconds in which nobody is taken in after the process ran out of descriptors."""


class Listener:
    """Takes connections in. `unheard` says of each address that cannot be listened on why."""

    def __init__(self, server: LanServer, log: FilteringBoundLogger) -> None:
        self._server = server
        self._log = log
        self._context: ssl.SSLContext | None = None
        self._sockets: dict[tuple[str, int], socket.socket] = {}
        self._from: dict[str, int] = {}
        self._greeting: set[asyncio.Task[None]] = set()
        self.unheard: dict[str, str] = {}
        self.turned_away = 0
        """Connections that were closed at once, for there were too many."""

    @property
    def places(self) -> Collection[tuple[str, int]]:
        """Address and port that are listened on."""
        return list(self._sockets)

    @property
    def connections(self) -> int:
        """Open now, or about to be."""
        return sum(self._from.values())

    def listen(self, places: Collection[tuple[str, int]], context: ssl.SSLContext) -> None:
        """Listen there, and nowhere else. What is connected stays so, also when a certificate or an address goes."""
        self._context = context
        for place in set(self._sockets) - set(places):
            self._close(place)
        self.unheard = {}
        for place in places:
            if place in self._sockets:
                continue
            try:
                self._sockets[place] = _bound(*place)
            except OSError as error:
                self.unheard[place[0]] = error.strerror or str(error)
                continue
            self._attend(place)

    def silence(self) -> None:
        """Listen nowhere; what is connected rests until it hangs up."""
        for place in list(self._sockets):
            self._close(place)
        self.unheard = {}

    async def stop(self) -> None:
        """Listen nowhere, and end what is connected."""
        self.silence()
        for task in list(self._greeting):
            task.cancel()
        await self._server.stop()

    def _attend(self, place: tuple[str, int]) -> None:
        if place in self._sockets:
            found = self._sockets[place]
            asyncio.get_running_loop().add_reader(found, self._take, place, found)

    def _close(self, place: tuple[str, int]) -> None:
        gone = self._sockets.pop(place)
        asyncio.get_running_loop().remove_reader(gone)
        gone.close()

    def _take(self, place: tuple[str, int], found: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, peer = found.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                self._log.error("lan.unaccepted", message=error.strerror)
                asyncio.get_running_loop().remove_reader(found)
                asyncio.get_running_loop().call_later(BREATH, self._attend, place)
                return
            self._admit(connection, str(peer[0]))

    def _admit(self, connection: socket.socket, peer: str) -> None:
        address = home_of(peer)
        mine = self._from.get(address, 0)
        if self.connections >= CONNECTIONS or mine >= FROM_ONE:
            self.turned_away += 1
            connection.close()
            return
        self._from[address] = mine + 1
        connection.setblocking(False)
        task = asyncio.create_task(self._greet(connection, address))
        self._greeting.add(task)
        task.add_done_callback(self._greeting.discard)

    async def _greet(self, connection: socket.socket, address: str) -> None:
        """Agree on TLS; from then on the protocol has it."""
        once = _Once(partial(self._gone, address))
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._server.http().connection(once),
                connection,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE,
            )
        except (
            OSError,
            asyncio.TimeoutError,
        ):  # ssl.SSLError is an OSError: no TLS, or none of ours
            once()
        except BaseException:
            once()
            raise

    def _gone(self, address: str) -> None:
        left = self._from.get(address, 0) - 1
        if left > 0:
            self._from[address] = left
        else:
            self._from.pop(address, None)


class _Once:
    """Calls once, however often it is called."""

    def __init__(self, act: "partial[None]") -> None:
        self._act: partial[None] | None = act

    def __call__(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()


def _bound(address: str, port: int) -> socket.socket:
    version = ip_address(address).version
    found = socket.socket(
        socket.AF_INET6 if version == 6 else socket.AF_INET,
        socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK,
    )
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if version == 6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((address, port))
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found
