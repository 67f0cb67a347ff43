"""This machine's own addresses, as the kernel knows them."""

import socket
from ipaddress import ip_address

import psutil

from tarsd.host.own_addresses import own_address, own_addresses


def test_they_are_those_that_psutil_finds_too() -> None:
    shown = {
        ip_address(it.address.partition("%")[0])
        for interface in psutil.net_if_addrs().values()
        for it in interface
        if it.family in (socket.AF_INET, socket.AF_INET6)
    }
    assert shown
    assert own_addresses() == shown


def test_a_strangers_is_not_among_them() -> None:
    assert ip_address("198.51.100.7") not in own_addresses()


def test_the_one_that_the_lan_sees_is_among_them() -> None:
    """On a machine without a network there is none."""
    seen = own_address()
    assert seen is None or ip_address(seen) in own_addresses()
