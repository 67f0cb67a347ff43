"""Alerts on a real machine: a channel that is there, one that is away for ten minutes, a real Alertmanager.

The ten minutes are spent with `--every-fault` only; the same with clocks of its own is tests/unit/alerts/test_delivery.py.
"""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.machine.home import Home, MakeHome
from tests.machine.supply import Supply

DOUBLE = Path(__file__).with_name("doubles") / "receiver.py"
RECEIVED = "/srv/received.jsonl"
PORT = 9911
TOKEN = "t0ken-of-the-owner"

SETTINGS = """
[alerts]
wait_seconds = 0
calm_seconds = 0
[alerts.channels.phone]
"""
MANAGER = """
[alerts.channels.manager]
kind = "alertmanager"
[heal]
mode = "off"
"""

AWAY = 600.0
"""Seconds for which the channel is down."""


class Phone:
    """The owner's, in the machine: a small HTTP server."""

    def __init__(self, home: Home) -> None:
        self._home = home
        home.machine.put(DOUBLE, "/srv/receiver.py")
        home.machine.sh(f"rm -f {RECEIVED}")

    def on(self) -> None:
        self._home.machine.sh(
            f"systemd-run --quiet --collect --unit=phone python3 /srv/receiver.py {PORT} {RECEIVED}"
        )

    def off(self) -> None:
        self._home.machine.sh("systemctl stop phone 2>/dev/null || true")

    def got(self) -> list[dict[str, Any]]:
        lines = self._home.machine.sh(f"cat {RECEIVED} 2>/dev/null || true").out.splitlines()
        return [json.loads(line) for line in lines]

    def said(self) -> str:
        return "\n".join(f"{it['title']}\n{it['message']}" for it in self.got())

    def wait_for(self, text: str, within: float) -> None:
        self._home.machine.wait(f"a message with {text!r}", lambda: text in self.said(), within)


def give_address(home: Home, channel: str, address: str) -> None:
    home.machine.exec("tarsctl", "alerts", "url", channel, "--stdin", stdin=address + "\n")


@contextmanager
def channels(home: Home, settings: str) -> Generator[Phone]:
    phone = Phone(home)
    with home.settings(settings):
        home.tarsctl("config", "reload")
        give_address(home, "phone", f"json://user:{TOKEN}@127.0.0.1:{PORT}/hook")
        yield phone
        phone.off()
    home.tarsctl("config", "reload")


def pause(home: Home, service: str) -> None:
    home.machine.exec("docker", "pause", home.container(service))


def unpause(home: Home, service: str) -> None:
    home.machine.exec("docker", "unpause", home.container(service))


def test_a_fault_and_its_end_reach_the_phone(home: Home) -> None:
    with channels(home, SETTINGS) as phone:
        ran = home.tarsctl("alerts", "test", "phone", status=1)
        assert "phone did not take it now: nobody answers there" in ran.out
        phone.on()
        assert "phone took the message" in home.tarsctl("alerts", "test", "phone").out
        phone.wait_for("can reach you here", 5)
        pause(home, "redis")
        phone.wait_for("Problem: redis", 30)
        phone.wait_for("Well again: redis", 40)
        assert phone.said().count("\nProblem: redis") == 1
        assert "What tarsd did: " in phone.said()
        told = home.tarsctl("alerts", "outbox", "--all").out
        assert "sent" in told
        everything = home.machine.sh(
            "journalctl -u tarsd -u 'tars-job-*'; tarsctl alerts list; tarsctl alerts list --json;"
            " ps axww; ls /var/lib/tars-home/receipts"
        ).out
        assert TOKEN not in everything


def test_a_wrong_address_is_refused_where_it_is_given(home: Home) -> None:
    with home.settings(SETTINGS):
        home.tarsctl("config", "reload")
        ran = home.machine.exec(
            "tarsctl", "alerts", "url", "phone", "--stdin", stdin=f"nonsense{TOKEN}\n", check=False
        )
        assert ran.status == 1
        assert "cannot take the address of phone" in ran.err
        assert TOKEN not in ran.err + ran.out
    home.tarsctl("config", "reload")


@pytest.fixture
def lonely(make_home: MakeHome, supply: Supply) -> Home:
    """A machine of its own, with the stack up and a real Alertmanager of Debian's."""
    home = make_home()
    home.machine.sh(
        "cd /etc/apt/sources.list.d && cp debian.list.disabled debian.list && apt-get update -q"
        " && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
        " prometheus-alertmanager curl && rm debian.list && apt-get update -q",
        within=300,
    )
    home.install_package()
    home.machine.put(supply.images, "/srv/stack-images.tar")
    home.install_stack()
    home.wait_for("healthy")
    return home


def firing(home: Home) -> dict[str, str]:
    """What the Alertmanager has as active: severity by subject."""
    shown = home.machine.sh("curl -sf http://127.0.0.1:9093/api/v2/alerts?active=true").out
    return {it["labels"]["subject"]: it["labels"]["severity"] for it in json.loads(shown)}


@pytest.mark.timeout(2400)
@pytest.mark.usefixtures("every_fault")
def test_a_channel_away_for_ten_minutes_is_told_everything_once(lonely: Home) -> None:
    """tarsd is killed twice meanwhile."""
    home = lonely
    with channels(home, SETTINGS + MANAGER) as phone:
        give_address(home, "manager", "http://127.0.0.1:9093")
        home.machine.exec("systemctl", "stop", "prometheus-alertmanager")
        began = time.monotonic()

        def at(second: float) -> None:
            time.sleep(max(began + second - time.monotonic(), 0))

        pause(home, "redis")
        at(60)
        home.machine.exec("systemctl", "kill", "--signal=KILL", "tarsd")
        at(90)
        pause(home, "chromadb")
        at(180)
        unpause(home, "redis")
        at(300)
        home.machine.exec("systemctl", "kill", "--signal=KILL", "tarsd")
        at(AWAY)
        assert phone.got() == []
        phone.on()
        home.machine.exec("systemctl", "start", "prometheus-alertmanager")
        phone.wait_for("Well again: redis", 330)
        said = phone.said()
        for line in ("\nProblem: redis", "\nWell again: redis", "\nProblem: chromadb"):
            assert said.count(line) == 1, said
        assert "Late: seen" in said
        home.machine.wait("the Alertmanager", lambda: "chromadb" in firing(home), 330)
        assert "redis" not in firing(home)
        unpause(home, "chromadb")
        phone.wait_for("Well again: chromadb", 60)
        home.machine.wait("its end there", lambda: not firing(home), 60)
        time.sleep(60)
        for line in ("\nProblem: redis", "\nWell again: redis", "\nProblem: chromadb"):
            assert phone.said().count(line) == 1
        assert phone.said().count("\nWell again: chromadb") == 1
        assert "You may have this twice" not in phone.said()
