"""The journal's native protocol: one datagram of fields per entry (systemd.io, JOURNAL_NATIVE_PROTOCOL)."""

import socket
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"

LONGEST = 64 * 1024
"""Bytes per field: far below the datagram limit (about 200 KiB), so that no entry is refused for its size."""


class Journal:
    """Sends entries; one that cannot be sent (journald is restarting or full) is dropped and counted."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self.dropped = 0

    def send(self, fields: Mapping[str, str]) -> None:
        """Send one entry; field names are upper case."""
        try:
            self._socket.sendto(b"".join(_field(*it) for it in fields.items()), self._path)
        except OSError:
            self.dropped += 1


def _field(name: str, value: str) -> bytes:
    data = value.encode(errors="replace")[:LONGEST]
    if b"\n" in data:
        return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
    return name.encode() + b"=" + data + b"\n"
