"""Who may call a route: rules as small objects, asked with the peer the kernel names."""

import grp
import socket
import struct
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from tarsd.errors import NotAllowed

GROUP = "tars"


@dataclass(frozen=True)
class Peer:
    """The process at the other end, from SO_PEERCRED."""

    pid: int
    uid: int
    gid: int


class Access(Protocol):
    """An access rule."""

    name: str

    def require(self, peer: Peer) -> None:
        """Raises NotAllowed."""
        ...


class Member:
    """Whoever could open the socket: its mode lets in root and group tars, which is as powerful as root."""

    name = "member"

    def require(self, peer: Peer) -> None:
        """Always allowed."""


class Root:
    """Acts that cannot be taken back, and settings."""

    name = "root"

    def require(self, peer: Peer) -> None:
        """uid 0 only."""
        if peer.uid != 0:
            # without a fix: only the client knows the command that was typed
            raise NotAllowed(f"cannot do this as uid {peer.uid}: it asks for root")


def peer_of(request: web.Request) -> Peer:
    """The peer of a request on the Unix socket."""
    assert request.transport is not None
    connection: socket.socket = request.transport.get_extra_info("socket")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return Peer(*struct.unpack("3i", raw))


def group_id() -> int | None:
    """The id of group tars; None where it does not exist (a checkout)."""
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None
