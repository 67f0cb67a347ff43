"""A server's addresses, and a connection to one of them. Both block: for jobs, or a thread kept for it."""

import socket
from collections.abc import Sequence
from contextlib import suppress

MOST_ADDRESSES = 3
"""Of a name that are tried."""


class Unresolved(Exception):
    """A name has no address; in the resolver's words."""


def look_up(host: str, port: int) -> list[str]:
    """At least one address, in the order in which they are to be tried; half a minute where name servers are silent.

    Raises Unresolved.
    """
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(getattr(error, "strerror", None) or str(error)) from error
    return list(dict.fromkeys(str(row[4][0]) for row in rows))[:MOST_ADDRESSES]


def connect(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """To the first address that takes the connection within `seconds`, as mount does. Raises the last one's OSError."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), seconds)
    return socket.create_connection((addresses[-1], port), seconds)
