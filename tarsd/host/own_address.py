"""The address under which the LAN sees this machine."""

import socket

_ELSEWHERE = ("192.0.2.1", 9)
"""An address that exists nowhere (RFC 5737): nothing is sent there, the kernel only picks the way."""


def own_address() -> str | None:
    """The address of the interface that leads out; None where none does. Never waits."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:  # no way out: no network
            return None
        return str(probe.getsockname()[0])
