"""The LAN's listener on a real machine: addresses, certificates, tokens, and what a stranger gets.

An address that comes and goes takes half a minute, and is left out without `--every-fault`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.machine.home import Home
from tests.machine.machine import Ran

ON = '[ops]\nmode = "lan"\n'
CA = "/root/tars-home.crt"
PASSWORD = "/var/lib/tars-home/secrets/admin-password"


class Lan:
    """The machine as a neighbour on the LAN sees it, by its name."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.host = home.machine.exec("hostname").out.strip()
        self.address = home.machine.sh(
            "ip -4 -o route get 192.0.2.1 | sed 's/.* src \\([0-9.]*\\).*/\\1/'"
        ).out.strip()

    def curl(self, path: str, *more: str, host: str = "") -> Ran:
        name = host or self.host
        return self.home.machine.exec(
            *("curl", "-sS", "--cacert", CA, "--max-time", "10"),
            *("--resolve", f"{name}:8443:{self.address}", *more, f"https://{name}:8443{path}"),
            check=False,
        )

    def json(self, path: str, *more: str) -> Any:
        return json.loads(self.curl(path, *more).out)

    def sign_in(self) -> str:
        """With the password from its file, which stands in no argument."""
        self.home.machine.sh(f'printf \'{{"password":"%s"}}\' "$(cat {PASSWORD})" > /root/body')
        kind = "Content-Type: application/json"
        return str(self.json("/sign-in", "-H", kind, "--data-binary", "@/root/body")["token"])

    def listening(self) -> set[str]:
        shown = self.home.machine.exec("ss", "-Hltn", "sport = :8443").out
        return {line.split()[3].rpartition(":")[0].strip("[]") for line in shown.splitlines()}


@pytest.fixture
def lan(home: Home) -> Iterator[Lan]:
    """Switched on for a while."""
    with home.settings(ON):
        home.tarsctl("config", "reload")
        made = Lan(home)
        home.machine.wait("it to listen", lambda: made.address in made.listening(), 20)
        home.machine.sh(f"tarsctl ops ca --pem > {CA}")
        yield made
    home.tarsctl("config", "reload")
    home.machine.wait("it to be off", lambda: not made.listening(), 20)


def test_nothing_listens_before_it_is_asked_for_and_an_install_can_ask(home: Home) -> None:
    assert "nothing listens for the LAN" in home.tarsctl("ops", "status").out
    assert not Lan(home).listening()
    planned = home.tarsctl("install", "--dry-run", "--ops", "lan", "--json", within=120)
    changes = json.loads(planned.out)["settings"]
    assert {"key": "ops.mode", "from": "off", "to": "lan"} in changes


def test_the_lan_and_nobody_elses_network(lan: Lan) -> None:
    assert lan.listening() <= {"127.0.0.1", "::1", lan.address}
    assert lan.json("/healthz") == {"status": "ok"}
    assert lan.curl("/healthz", host=f"{lan.host}.local").status == 0
    refused = lan.curl("/healthz", "-k", "-w", "%{http_code}", host="evil.example")
    assert refused.out.endswith("421")
    checked = lan.home.machine.exec(
        *("openssl", "s_client", "-connect", f"{lan.address}:8443", "-CAfile", CA),
        *("-verify_hostname", lan.host, "-x509_strict", "-verify_return_error", "-brief"),
        check=False,
    )
    assert "Verification: OK" in checked.out + checked.err
    modes = lan.home.machine.sh(
        "stat -c '%a %n' /var/lib/tars-home/lan /var/lib/tars-home/lan/*"
    ).out
    assert modes.splitlines()[0].startswith("700 ")
    assert "600 /var/lib/tars-home/lan/ca.key" in modes


def test_a_token_and_a_session_and_their_ends(lan: Lan) -> None:
    home = lan.home
    token = home.tarsctl(
        "token", "create", "--role", "viewer", "--name", "machine-test"
    ).out.strip()
    assert lan.json("/identity", "-H", f"Authorization: Bearer {token}") == {
        "name": "machine-test",
        "role": "viewer",
    }
    assert token not in home.machine.exec("journalctl", "-u", "tarsd", "--no-pager").out
    home.restart_daemon()
    home.wait_for_answer()
    home.machine.wait("it to listen", lambda: lan.address in lan.listening(), 20)
    session = lan.sign_in()
    for each in (token, session):
        assert "name" in lan.json("/identity", "-H", f"Authorization: Bearer {each}")
    lan.curl("/sign-out", "-X", "POST", "-H", f"Authorization: Bearer {session}")
    home.tarsctl("token", "revoke", "machine-test")
    for each in (token, session, f"{session[:-4]}AAAA"):
        said = lan.json("/identity", "-H", f"Authorization: Bearer {each}")
        assert said["error"]["kind"] == "not-signed-in"


def test_rules_of_the_old_iptables_that_keep_the_lan_out_are_seen(lan: Lan) -> None:
    machine = lan.home.machine

    def told() -> str | None:
        hint: str | None = json.loads(lan.home.tarsctl("ops", "status", "--json").out)["firewall"]
        return hint

    assert told() is None
    own = ("-i lo -j ACCEPT", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
    try:
        for rule in own:
            machine.sh(f"iptables-legacy -A INPUT {rule}")
        machine.sh("iptables-legacy -P INPUT DROP")
        hint = told()
        assert hint == "sudo iptables-legacy -I INPUT -p tcp --dport 8443 -j ACCEPT"
        machine.sh(hint.removeprefix("sudo "))
        assert told() is None
    finally:
        machine.sh("iptables-legacy -P INPUT ACCEPT; iptables-legacy -F INPUT")


@pytest.mark.usefixtures("every_fault")
def test_an_address_that_comes_is_listened_on_and_in_the_certificate(lan: Lan) -> None:
    machine = lan.home.machine
    device = machine.sh(
        "ip -4 -o route get 192.0.2.1 | sed 's/.* dev \\(\\S*\\).*/\\1/'"
    ).out.strip()
    machine.exec("ip", "address", "add", "10.231.5.9/24", "dev", device)
    try:
        machine.wait("it to listen there", lambda: "10.231.5.9" in lan.listening(), 25)
        asked = machine.exec("curl", "-sS", "--cacert", CA, "https://10.231.5.9:8443/healthz")
        assert json.loads(asked.out) == {"status": "ok"}
    finally:
        machine.exec("ip", "address", "del", "10.231.5.9/24", "dev", device)
    machine.wait("it to be gone", lambda: "10.231.5.9" not in lan.listening(), 25)
