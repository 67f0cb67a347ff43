"""Streams an image archive into tarsd: the daemon opens no path that a client names."""

from __future__ import annotations

import os
import select
import time

from tarsd.ctl.errors import ArchiveInvalidError, TarsctlError
from tarsd.ctl.transport import (
    FIRST_BYTE_SECONDS,
    Response,
    connect,
    request_head,
    wait_for,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

PIECE_BYTES = 1 << 20
SILENCE_SECONDS = 5.0


class Upload:
    """One archive on its way over one connection.

    The Engine may rest for minutes over one layer, tarsd itself may not: while nothing moves it is
    asked whether it is alive.
    """

    def __init__(self, path: str, archive: BinaryIO) -> None:
        self._path = path
        self._archive = archive
        self._length = os.fstat(archive.fileno()).st_size
        self._connection = connect(path, time.monotonic() + FIRST_BYTE_SECONDS)

    def send(self, target: str, on_sent: Callable[[int], None]) -> Response:
        """Posts the archive and returns the answer, which may come before the last byte.

        `on_sent` hears how many bytes are gone. Raises UnreachableError as soon as tarsd does not
        answer any more, ArchiveInvalidError when the file shrinks meanwhile.
        """
        try:
            head = request_head("POST", target, self._length, "application/x-tar")
            self._connection.sendall(head)
            self._connection.setblocking(False)
            self._send_pieces(on_sent)
            self._wait_for(select.POLLIN)
            self._connection.settimeout(FIRST_BYTE_SECONDS)
        except OSError as error:
            self._connection.close()
            raise TarsctlError(f"cannot send {self._archive.name}: {error.strerror}") from None
        except BaseException:
            self._connection.close()
            raise
        return Response(self._connection, self._path)

    def _send_pieces(self, on_sent: Callable[[int], None]) -> None:
        sent = 0
        while sent < self._length:
            if self._wait_for(select.POLLIN | select.POLLOUT) & ~select.POLLOUT:
                return  # an answer, or the end of the connection: the rest is not wanted
            try:
                count = os.sendfile(
                    self._connection.fileno(), self._archive.fileno(), sent, PIECE_BYTES
                )
            except (BlockingIOError, ConnectionError):
                continue  # the next poll tells whether it is full or closed
            if count == 0:
                raise ArchiveInvalidError(f"cannot load {self._archive.name}: it became shorter")
            sent += count
            on_sent(sent)

    def _wait_for(self, events: int) -> int:
        return wait_for(self._path, self._connection, events, SILENCE_SECONDS)
