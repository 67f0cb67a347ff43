"""tarsctl ops and tarsctl token: where the LAN is listened for, whom to trust, and tokens that are shown once."""

import pytest

from tests.unit.ctl.facts import Json
from tests.unit.ctl.fake_daemon import FakeDaemon, sync
from tests.unit.ctl.runs import Tarsctl

CA: Json = {
    "file": "/var/lib/tars-home/lan/ca.crt",
    "pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "fingerprint": "9f86d0" + "00" * 29,
    "expires": "2036-11-22T14:46:00.000Z",
}
TOKEN: Json = {
    "id": "5a1f09c3",
    "name": "grafana",
    "role": "viewer",
    "made": "2026-11-25T14:46:00.000Z",
    "expires": "2027-02-23T14:46:00.000Z",
    "expired": False,
}


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)


def ops(**facts: object) -> Json:
    certificate: Json = {"source": "own", "expires": "2027-12-26T14:46:00.000Z", "left_out": []}
    plain: Json = {"mode": "lan", "port": 8443, "open": ["https://attic.local:8443"]}
    plain |= {"addresses": ["127.0.0.1", "192.168.1.10"], "unheard": [], "names": ["attic"]}
    return {**plain, "certificate": certificate, "message": None, "firewall": None, **facts}


def test_off_says_how_to_switch_it_on(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/ops", sync({"mode": "off"}))
    ran = tarsctl("ops", "status")
    assert (ran.status, ran.out.splitlines()[0]) == (0, "nothing listens for the LAN")
    assert "sudo tarsctl install --ops lan" in ran.out


def test_where_it_listens_and_what_keeps_the_lan_out(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    unheard = [{"address": "10.0.0.7", "message": "Address already in use"}]
    shown = ops(unheard=unheard, firewall="sudo ufw allow 8443/tcp", message="cannot use it")
    daemon.on("GET", "/v1/ops", sync(shown))
    out = tarsctl("ops", "status").out
    assert "https://attic.local:8443" in out
    assert "127.0.0.1, 192.168.1.10, port 8443" in out
    assert "10.0.0.7: Address already in use" in out
    assert "sudo ufw allow 8443/tcp" in out
    assert "cannot use it" in out


def test_a_tarsd_that_knows_fewer_keys(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/ops", sync({"mode": "lan", "certificate": None}))
    ran = tarsctl("ops", "status")
    assert ran.status == 0
    assert "nowhere" in ran.out


def test_the_fingerprint_as_a_phone_shows_it(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/ops/ca", sync(CA))
    out = tarsctl("ops", "ca").out
    assert "9F:86:D0:00" in out
    assert "Certificate Trust Settings" in out


def test_the_file_itself_and_nothing_else(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/ops/ca", sync(CA))
    assert tarsctl("ops", "ca", "--pem").out == CA["pem"]


def test_a_new_ca_is_asked_for_by_root_alone(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.on("POST", "/v1/ops/ca/new", sync(CA))
    assert tarsctl("ops", "ca", "--new").status == 0
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert tarsctl("ops", "ca", "--new").status == 4
    assert len(daemon.asked("POST", "/v1/ops/ca/new")) == 1


def test_a_token_is_the_only_thing_on_stdout(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/tokens", sync({**TOKEN, "token": "tars_x"}))
    ran = tarsctl("token", "create", "--name", "grafana", "--ttl", "12h", "--role", "metrics")
    assert (ran.status, ran.out) == (0, "tars_x\n")
    assert "shown this once" in ran.err
    (asked,) = daemon.asked("POST", "/v1/tokens")
    assert asked.json == {"name": "grafana", "role": "metrics", "seconds": 43200}


@pytest.mark.parametrize("ttl", ["", "90", "0d", "1y", "-1d", "1.5h", "999999d"])
def test_a_time_that_is_none(tarsctl: Tarsctl, ttl: str) -> None:
    assert tarsctl("token", "create", "--name", "x", f"--ttl={ttl}").status == 2


def test_the_list_and_an_expired_one(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/tokens", sync({"tokens": [TOKEN, {**TOKEN, "expired": True}]}))
    rows = [line.split() for line in tarsctl("token", "list").out.splitlines()]
    assert rows[0] == ["NAME", "ROLE", "MADE", "UNTIL", "ID"]
    assert (rows[1][0], rows[1][-1]) == ("grafana", "5a1f09c3")
    assert "expired" in rows[2]


def test_revoked(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/tokens/revoke", sync({"name": "grafana"}))
    ran = tarsctl("token", "revoke", "grafana")
    assert ran.out == "revoked grafana: from now on it is refused\n"
