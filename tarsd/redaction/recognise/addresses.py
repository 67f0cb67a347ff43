"""Addresses of machines and of their cards. What stays as it is (loopback, docker's own) is the tokens' business."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from tarsd.redaction.spans import ADDRESS, MAC, Span

_OCTET = rb"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPV4 = re.compile(
    rb"(?<![\w.-])(?!127\.|0\.0\.0\.0|255\.|172\.(?:1[6-9]|2\d|3[01])\.)"
    + _OCTET
    + rb"(?:\."
    + _OCTET
    + rb"){3}(?![\w]|\.\d|-\d)"
)
_DASHED = re.compile(rb"(?:ip|host|net|dhcp|br|-)-\Z")
_PRIVATE = re.compile(
    rb"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
)
_VERSION = re.compile(
    rb"(?i)(?:[a-z]/|\bv|version\W{1,3}|ver\W{1,2}|release\W{1,2}|[a-z]-|build\W{1,2}|driver\W{1,2}|firmware\W{1,2}|"
    rb"\()\Z"
)
_IPV6 = re.compile(
    rb"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}|"
    rb"(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f]{1,4}){0,6}:?|::(?:[0-9A-Fa-f]{1,4}:){1,6}[0-9A-Fa-f]{1,4})(?![\w:])"
)
_MAC = re.compile(
    rb"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![0-9A-Za-z]|:[0-9A-Fa-f]{2})|"
    rb"(?<![0-9A-Za-z:-])[0-9A-F]{2}(?:-[0-9A-F]{2}){5}(?![0-9A-Za-z-])"
)
_FRAME = re.compile(
    rb"MAC=((?:[0-9a-f]{2}:){5}[0-9a-f]{2}):((?:[0-9a-f]{2}:){5}[0-9a-f]{2}):[0-9a-f]{2}:[0-9a-f]{2}"
)
_DOCKERS = b"02:42:"  # which Docker makes of an address of its own
_NOBODY = frozenset((b"00:00:00:00:00:00", b"ff:ff:ff:ff:ff:ff"))


_LONGEST_IPV6 = 46
_DOTS = re.compile(rb"\.(?!0\.0\.1(?!\d))\d{1,3}\.\d{1,3}\.\d")
_COLONS = re.compile(rb":(?::|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:)")
_DASHES = re.compile(rb"-[0-9A-F]{2}-[0-9A-F]{2}-[0-9A-F]{2}-")


def find(text: bytes) -> Iterator[Span]:
    """All addresses in a text. What they have in the middle is found first: it is rare, and begins with a sign."""
    for dots in _DOTS.finditer(text):
        yield from find_ipv4(text, max(0, dots.start() - 3), min(len(text), dots.end() + 5))
    done = 0
    for colons in _COLONS.finditer(text):
        if colons.start() < done:
            continue
        start = _left(text, colons.start())
        done = min(len(text), colons.end() + 64)
        yield from find_ipv6(text, start, done)
        yield from find_macs(text, start, done)
        done -= _LONGEST_IPV6
    for dashes in _DASHES.finditer(text):
        yield from find_macs(text, max(0, dashes.start() - 8), min(len(text), dashes.end() + 16))


def _left(text: bytes, at: int) -> int:
    first = max(0, at - 64)
    while at > first and text[at - 1] in b"0123456789abcdefABCDEF:":
        at -= 1
    return at


def find_ipv4(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for found in IPV4.finditer(text, start, stop):
        if (
            not _PRIVATE.match(found[0])
            and _VERSION.search(text[max(start, found.start() - 12) : found.start()])
            and text[found.start() - 2 : found.start()] != b"//"
        ):
            continue
        yield Span(found.start(), found.end(), ADDRESS, "address/ipv4")


def find_ipv6(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for found in _IPV6.finditer(text, start, stop):
        value = found[0]
        if len(value) < 5 or (b"::" not in value and value.count(b":") != 7):
            continue
        try:
            address = IPv6Address(value.decode())
        except (AddressValueError, ValueError):
            continue
        if not address.is_loopback and not address.is_unspecified:
            yield Span(found.start(), found.end(), ADDRESS, "address/ipv6")


def find_macs(text: bytes, start: int, stop: int) -> Iterator[Span]:
    for found in _MAC.finditer(text, start, stop):
        if found[0].lower() not in _NOBODY and not found[0].startswith(_DOCKERS):
            yield Span(found.start(), found.end(), MAC, "address/mac")
    for frame in _FRAME.finditer(text, start, stop):
        for number in (1, 2):
            if frame[number] not in _NOBODY:
                yield Span(frame.start(number), frame.end(number), MAC, "address/mac")
