"""Tokens of addresses that keep who is in whose subnet."""

from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Digest = Callable[[str, str], bytes]

PUBLIC = frozenset(
    {
        *("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"),
        *("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"),
        *("9.9.9.9", "149.112.112.112", "2620:fe::fe"),
        *("208.67.222.222", "208.67.220.220"),
    }
)
"""Name servers that everybody knows."""

_KEPT4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",  # Docker's own pools
            "192.0.2.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast, broadcast, masks
        ),
    )
)
_KEPT6 = tuple(map(IPv6Network, ("::/127", "2001:db8::/32", "ff00::/8")))
_HEADS = (
    (IPv4Network("10.0.0.0/8"), 1),
    (IPv4Network("192.168.0.0/16"), 2),
    (IPv4Network("100.64.0.0/10"), 1),
)
"""Private networks, and how many of their numbers are everybody's."""


def address_token(value: str, digest: Digest) -> str | None:
    """`<ip:192.168.n83.h140>`: `n` and `h` numbers stand for others, equal where the addresses are equal so far.

    `192.168.1.0/24` is shown as its network. None for what is no address.
    """
    text, slash, bits = value.partition("/")
    text, percent, zone = text.partition("%")
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mask = f"/{bits}" if slash else ""
    if _stays(address):
        return f"{text}{percent}{zone}{mask}"
    shown = _v4(address, digest) if isinstance(address, IPv4Address) else _v6(address, digest)
    return f"<ip:{shown}>{mask}"


def _stays(address: IPv4Address | IPv6Address) -> bool:
    if str(address) in PUBLIC:
        return True
    if isinstance(address, IPv4Address):
        return any(address in network for network in _KEPT4)
    return any(address in network for network in _KEPT6)


def _v4(address: IPv4Address, digest: Digest) -> str:
    numbers = str(address).split(".")
    head = next((count for network, count in _HEADS if address in network), 0)
    shown = numbers[:head]
    for at in range(head, 4):
        before = ".".join(numbers[:at])
        letter = "h" if at == 3 else "n"
        kept = at == 3 and numbers[at] in ("0", "255")  # the network itself, and all of it
        number = int(numbers[at]) if kept else _permuted(int(numbers[at]), before, digest)
        shown.append(f"{letter}{number}")
    return ".".join(shown)


def _permuted(number: int, before: str, digest: Digest) -> int:
    """Another number of 0 to 255 for each, by the bits before it: two that share the first bits still do."""
    result = 0
    for bit in range(8):
        top = number >> (8 - bit)
        flip = digest("address", f"{before}/{bit}/{top}")[0] & 1
        result = result << 1 | ((number >> (7 - bit)) & 1) ^ flip
    return result


def _v6(address: IPv6Address, digest: Digest) -> str:
    """Site (48 bits), network (16), host (64); of a link-local one, whose host may be its card, only that."""
    groups = address.exploded.split(":")
    host = digest("address", address.exploded).hex()[:4]
    if address.is_link_local:
        return f"fe80.h{host}"
    head = "fd." if address.is_private else ""
    site = digest("address", ":".join(groups[:3])).hex()[:4]
    network = digest("address", ":".join(groups[:4])).hex()[:4]
    return f"{head}s{site}.n{network}.h{host}"
