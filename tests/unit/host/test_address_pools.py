"""Which subnets Docker could still give to a network."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tarsd.host.address_pools import BUILT_IN, ENOUGH, AddressPools, count_free, pools, read_routes
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_engine import FakeEngine

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t000010AC\t00000000\t0001\t0\t0\t50\t0000F0FF\t0\t0\t0
"""
"""A home network, 192.168.1.0/24, and a VPN that takes 172.16.0.0/12."""


def test_the_engines_own_pools() -> None:
    found = pools({})
    assert len(found) == len(BUILT_IN) == 16
    assert count_free(found, []) == ENOUGH
    sixteen = [IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32)]
    assert count_free(found, [*sixteen, IPv4Network("192.168.0.0/17")]) == ENOUGH
    assert count_free(found, [*sixteen, IPv4Network("192.168.0.0/16")]) == 0


@pytest.mark.parametrize(
    ("base", "size", "taken", "free"),
    [
        ("10.201.0.0/24", 24, [], 1),
        ("10.201.0.0/24", 24, ["10.201.0.128/25"], 0),
        ("10.201.0.7/23", 24, ["10.201.0.0/24"], 1),
        ("10.201.0.0/24", 16, [], 1),
        ("10.0.0.0/8", 24, [], ENOUGH),
        ("10.0.0.0/8", 30, ["10.0.0.0/8"], 0),
        ("10.0.0.0/8", 30, ["10.0.0.0/9", "10.128.0.0/9"], 0),
        ("10.0.0.0/8", 30, ["10.0.0.0/9", "10.128.0.0/10", "10.192.0.4/30"], ENOUGH),
        ("10.201.0.0/22", 24, ["10.201.1.128/25", "10.201.2.0/24"], 2),
        ("fd00::/48", 64, [], 0),
    ],
)
def test_pools_of_an_owners(base: str, size: int, taken: list[str], free: int) -> None:
    named = pools({"DefaultAddressPools": [{"Base": base, "Size": size}]})
    assert count_free(named, [IPv4Network(it) for it in taken]) == free


def test_routes_but_the_default_one() -> None:
    assert [str(it) for it in read_routes(ROUTES)] == ["192.168.1.0/24", "172.16.0.0/12"]


async def test_a_vpn_takes_subnets_as_a_network_does(
    docker: DockerApi, engine: FakeEngine, tmp_path: Path
) -> None:
    table = tmp_path / "route"
    table.write_text(ROUTES)
    taken = {"Name": "big", "IPAM": {"Config": [{"Subnet": "192.168.0.0/16"}]}}
    plain = {"Name": "host", "IPAM": {"Config": None}}
    six = {"Name": "six", "IPAM": {"Config": [{"Subnet": "fd00::/64"}, {}]}}
    engine.say("/networks", 200, [taken, plain, six])
    found = await AddressPools(docker, table).look({})
    assert found.free == 0
    assert found.networks == ("big", "host", "six")
    assert found.routed == ("192.168.1.0/24", "172.16.0.0/12")
