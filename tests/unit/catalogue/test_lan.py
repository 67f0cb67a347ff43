"""The LAN's listener, when it is not well."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.lan import CHECKS, GUESSES, LanCertificate, LanGuessing, LanListening
from tarsd.catalogue.views import DaemonView, LanView
from tarsd.engine.runner import run
from tarsd.host.in_job import firewall_look
from tests.unit.worlds import Surroundings, the_one

DAY = 86400.0


@pytest.fixture
def world(around: Surroundings) -> World:
    return replace(around.world(), daemon=DaemonView())


def seen(world: World, **facts: Any) -> World:
    plain: dict[str, Any] = {
        "mode": "lan",
        "addresses": ("127.0.0.1", "192.168.1.10"),
        "expires": time.time() + 300 * DAY,
    }
    return replace(world, daemon=DaemonView(lan=LanView(**{**plain, **facts})))


async def test_one_that_is_well(world: World) -> None:
    findings = await run(CHECKS, seen(world))
    assert [it.status for it in findings] == [Status.PASS] * 3


async def test_one_that_is_off_is_not_asked(world: World) -> None:
    assert await run(CHECKS, world) == []


async def test_an_address_whose_port_is_taken(world: World) -> None:
    taken = seen(world, unheard={"192.168.1.10": "Address already in use"})
    finding = await the_one(LanListening(), taken)
    assert finding.status is Status.FAIL
    assert finding.summary == "does not listen on 192.168.1.10: Address already in use"
    assert finding.fix == "sudo ss -ltnp sport = :8443"


async def test_one_that_cannot_begin(world: World) -> None:
    broken = seen(world, addresses=(), trouble="cannot listen for the LAN: no interface leads out")
    assert (await the_one(LanListening(), broken)).status is Status.FAIL


async def test_one_that_has_not_begun_is_no_fault(world: World) -> None:
    early = seen(world, addresses=(), expires=None)
    assert (await the_one(LanListening(), early)).status is Status.UNKNOWN
    assert (await the_one(LanCertificate(), early)).status is Status.UNKNOWN


async def certificate(world: World, **facts: Any) -> Finding:
    return await the_one(LanCertificate(), seen(world, **facts))


@pytest.mark.parametrize(
    ("days", "status"), [(-1, Status.FAIL), (13, Status.WARN), (15, Status.PASS)]
)
async def test_the_end_of_a_certificate(world: World, days: int, status: Status) -> None:
    assert (await certificate(world, expires=time.time() + days * DAY)).status is status


async def test_a_certificate_that_cannot_be_used_or_does_not_fit(world: World) -> None:
    unused = await certificate(world, certificate_trouble="cannot use /etc/own.pem: no such file")
    assert (unused.status, unused.summary) == (Status.WARN, "cannot use /etc/own.pem: no such file")
    renamed = await certificate(world, left_out=("loft", "loft.local", "2001:db8::7"))
    assert renamed.summary == "is not for loft, loft.local: the CA was made for other names"
    assert renamed.fix == "sudo tarsctl ops ca --new"
    public = await certificate(world, left_out=("2001:db8::7", "203.0.113.7"))
    assert public.status is Status.PASS, "nobody types those"


@pytest.mark.parametrize(
    ("guesses", "status"), [(GUESSES - 1, Status.PASS), (GUESSES, Status.WARN)]
)
async def test_guessing(world: World, guesses: int, status: Status) -> None:
    assert (await the_one(LanGuessing(), seen(world, guesses=guesses))).status is status


RULES = "*filter\n### RULES ###\n\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n{more}### END RULES ###\n"


@pytest.mark.parametrize(
    ("more", "blocks"),
    [
        ("", True),
        ("### tuple ### allow tcp 8443 0.0.0.0/0 any 192.168.1.0/24 in\n", False),
        ("### tuple ### allow any 8000:9000 0.0.0.0/0 any 0.0.0.0/0 in\n", False),
        ("### tuple ### allow udp 8443 0.0.0.0/0 any 0.0.0.0/0 in\n", True),
        ("### tuple ### deny tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in\n", True),
    ],
)
def test_ufw_that_keeps_the_lan_out(tmp_path: Path, more: str, blocks: bool) -> None:
    (tmp_path / "ufw.conf").write_text("ENABLED=yes\n")
    (tmp_path / "user.rules").write_text(RULES.format(more=more))
    assert firewall_look.ufw_blocks(8443, tmp_path) is blocks
    (tmp_path / "ufw.conf").write_text("ENABLED=no\n")
    assert not firewall_look.ufw_blocks(8443, tmp_path)


def test_nftables_that_keeps_the_lan_out() -> None:
    place = {"family": "inet", "table": "filter"}
    chain = {"chain": {**place, "name": "input", "hook": "input", "policy": "drop"}}
    ssh = {"rule": {**place, "expr": [_port(22), {"accept": None}]}}
    assert firewall_look.dropping_chain([chain, ssh], 8443) == "inet filter input"
    for right in (8443, {"set": [22, 8443]}):
        mine = {"rule": {**place, "expr": [_port(right), {"accept": None}]}}
        assert firewall_look.dropping_chain([chain, ssh, mine], 8443) is None
    dropped = {"rule": {**place, "expr": [_port(8443), {"drop": None}]}}
    assert firewall_look.dropping_chain([chain, dropped], 8443) == "inet filter input"
    assert firewall_look.dropping_chain([ssh], 8443) is None


OLD = """-P INPUT {policy}
-P FORWARD DROP
-P OUTPUT ACCEPT
-N mine
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -j ACCEPT
-A OUTPUT -j ACCEPT
{more}"""


@pytest.mark.parametrize(
    ("policy", "more", "blocks"),
    [
        ("ACCEPT", "", False),
        ("DROP", "", True),
        ("ACCEPT", "-A INPUT -j DROP", True),
        ("ACCEPT", "-A INPUT -j REJECT --reject-with icmp-port-unreachable", True),
        ("ACCEPT", "-A INPUT -s 203.0.113.9/32 -j DROP", False),
        ("DROP", "-A mine -p tcp -m tcp --dport 8443 -m conntrack --ctstate NEW -j ACCEPT", False),
        ("DROP", "-A INPUT -p tcp -m multiport --dports 80,8443 -j ACCEPT", False),
        ("DROP", "-A INPUT -p udp -m udp --dport 8443 -j ACCEPT", True),
        ("DROP", '-A INPUT -s 192.168.1.0/24 -m comment --comment "the LAN" -j ACCEPT', False),
        ("DROP", "-A FORWARD -p tcp -m tcp --dport 8443 -j ACCEPT", True),
    ],
)
def test_old_iptables_that_keeps_the_lan_out(policy: str, more: str, blocks: bool) -> None:
    rules = OLD.format(policy=policy, more=more).splitlines()
    assert firewall_look.legacy_blocks(rules, 8443) is blocks


def _port(right: Any) -> dict[str, Any]:
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": right}}
