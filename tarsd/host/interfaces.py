"""Which addresses of this machine the LAN reaches it by: those of named interfaces, or of those that lead out."""

import array
import fcntl
import socket
import struct
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_SIOCGIFCONF = 0x8912
_ENTRY = 40
_MOST = 1024
"""See tarsd.host.own_addresses."""

_NOT_OURS = 0x01 | 0x08 | 0x40
"""if_addr.h: temporary, of no use to who wants to find us again; a duplicate; not ours yet."""

_UP = 0x1


def lan_addresses(named: Collection[str], proc: Path = Path("/proc/net")) -> tuple[str, ...]:
    """Addresses of the interfaces `named`; without names, of those with a default route. None of link-local scope.

    Raises OSError. It never waits.
    """
    wanted = set(named) or set(_leading_out(proc))
    found = [str(it) for name, it in (*_ipv4(), *_ipv6(proc)) if name in wanted]
    return tuple(sorted(set(found)))


def loopback_addresses(proc: Path = Path("/proc/net")) -> tuple[str, ...]:
    """Of this machine for itself: that of IPv6 only where it is switched on. Raises OSError."""
    version_6 = any(line.startswith("0" * 31 + "1 ") for line in _lines(proc / "if_inet6"))
    return ("127.0.0.1", "::1") if version_6 else ("127.0.0.1",)


def _leading_out(proc: Path) -> Iterator[str]:
    for line in _lines(proc / "route")[1:]:
        name, destination, _, flags, *_ = line.split()
        if destination == "00000000" and int(flags, 16) & _UP:
            yield name
    for line in _lines(proc / "ipv6_route"):
        fields = line.split()
        if fields[0] == "0" * 32 and fields[1] == "00" and fields[-1] != "lo":
            yield fields[-1]


def _ipv4() -> Iterator[tuple[str, IPv4Address]]:
    buffer = array.array("B", bytes(_ENTRY * _MOST))
    place, size = buffer.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        asked = struct.pack("iP", size, place)
        filled, _ = struct.unpack("iP", fcntl.ioctl(any_socket, _SIOCGIFCONF, asked))
    for at in range(0, filled, _ENTRY):
        name = buffer[at : at + 16].tobytes().partition(b"\0")[0].decode(errors="replace")
        address = IPv4Address(buffer[at + 20 : at + 24].tobytes())
        if not address.is_link_local:
            yield name.partition(":")[0], address  # an alias is its interface's


def _ipv6(proc: Path) -> Iterator[tuple[str, IPv6Address]]:
    for line in _lines(proc / "if_inet6"):
        raw, _, _, scope, flags, name = line.split()
        if scope == "00" and not int(flags, 16) & _NOT_OURS:
            yield name, IPv6Address(int(raw, 16))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:  # IPv6 is switched off
        return []
