"""Which of a machine's addresses the LAN reaches it by, from the kernel's own tables."""

from pathlib import Path

import pytest

from tarsd.host import interfaces

ROUTE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
NOWHERE = "0" * 32
IPV6_ROUTE = (
    f"{NOWHERE} 00 {NOWHERE} 00 fe8{'0' * 28}1 00000400 00000001 00000000 00000003     eth0\n"
    f"{NOWHERE} 00 {NOWHERE} 00 {NOWHERE} ffffffff 00000001 00000000 00200200       lo\n"
)
IF_INET6 = """00000000000000000000000000000001 01 80 10 80       lo
fd00000000000000000000000000000a 02 40 00 80     eth0
fd00000000000000a1b2c3d4e5f60718 02 40 00 01     eth0
fd00000000000000000000000000000b 02 40 00 c0     eth0
fe80000000000000000000000000000a 02 40 20 80     eth0
fd00000000000000000000000000ffff 03 40 00 80  docker0
"""
OURS = {"lo": "127.0.0.1", "eth0": "192.168.1.10", "docker0": "172.17.0.1", "wlan0": "10.0.0.7"}


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "route").write_text(ROUTE)
    (tmp_path / "ipv6_route").write_text(IPV6_ROUTE)
    (tmp_path / "if_inet6").write_text(IF_INET6)
    monkeypatch.setattr(interfaces, "_ipv4", lambda: list(OURS.items()))
    return tmp_path


def test_those_of_what_leads_out_and_never_of_containers(proc: Path) -> None:
    """No temporary one, none that is not ours yet, none of link-local scope."""
    assert interfaces.lan_addresses((), proc) == ("192.168.1.10", "fd00::a")


def test_those_that_the_owner_names(proc: Path) -> None:
    assert interfaces.lan_addresses(["wlan0"], proc) == ("10.0.0.7",)
    assert interfaces.lan_addresses(["eth7"], proc) == ()


def test_where_ipv6_is_switched_off(proc: Path) -> None:
    assert interfaces.loopback_addresses(proc) == ("127.0.0.1", "::1")
    for name in ("if_inet6", "ipv6_route"):
        (proc / name).unlink()
    assert interfaces.lan_addresses((), proc) == ("192.168.1.10",)
    assert interfaces.loopback_addresses(proc) == ("127.0.0.1",)


def test_a_machine_without_a_way_out(proc: Path) -> None:
    (proc / "route").write_text(ROUTE.splitlines()[0] + "\n")
    (proc / "ipv6_route").write_text("")
    assert interfaces.lan_addresses((), proc) == ()


def test_this_machine_itself() -> None:
    assert "127.0.0.1" in interfaces.lan_addresses(["lo"])
