"""Streams an image archive into tarsd: the daemon opens no path that a client names."""

from __future__ import annotations

import os
import select
import time

from tarsd.ctl.errors import ArchiveInvalidError, UnreachableError
from tarsd.ctl.transport import (
    FIRST_BYTE_SECONDS,
    Response,
    connect,
    exchange,
    request,
    request_head,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import BinaryIO

PIECE_BYTES = 1 << 20
SILENCE_SECONDS = 5.0  # the Engine may rest for minutes over one layer; tarsd itself may not
TARGET = "/v1/images/load"


def upload(path: str, archive: BinaryIO, on_sent: Callable[[int], None]) -> Response:
    """Sends the whole file and returns tarsd's answer, which may come before the last byte.

    `on_sent` hears how many bytes are gone. While nothing moves, tarsd is asked whether it is
    alive; UnreachableError is raised as soon as it is not.
    """
    length = os.fstat(archive.fileno()).st_size
    connection = connect(path, time.monotonic() + FIRST_BYTE_SECONDS)
    try:
        connection.sendall(request_head("POST", TARGET, length, "application/x-tar"))
        connection.setblocking(False)
        _send_file(path, connection, archive, length, on_sent)
        _until(path, connection, select.POLLIN)
        connection.settimeout(FIRST_BYTE_SECONDS)
    except OSError as error:
        connection.close()
        raise UnreachableError(f"cannot send the archive to tarsd: {error.strerror}") from None
    except BaseException:
        connection.close()
        raise
    return Response(connection, path)


def _send_file(
    path: str,
    connection: socket.socket,
    archive: BinaryIO,
    length: int,
    on_sent: Callable[[int], None],
) -> None:
    sent = 0
    while sent < length:
        if _until(path, connection, select.POLLIN | select.POLLOUT) & ~select.POLLOUT:
            return  # an answer or the end of the connection: the rest is not wanted
        try:
            count = os.sendfile(connection.fileno(), archive.fileno(), sent, PIECE_BYTES)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            continue  # a full buffer; or a closed one, which the next poll tells
        if count == 0:
            raise ArchiveInvalidError(f"cannot load {archive.name}: it became shorter meanwhile")
        sent += count
        on_sent(sent)


def _until(path: str, connection: socket.socket, events: int) -> int:
    poller = select.poll()
    poller.register(connection, events)
    while not (ready := poller.poll(SILENCE_SECONDS * 1000)):
        exchange(path, request("GET", "/v1/version")).close()
    return ready[0][1]
