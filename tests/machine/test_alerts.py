"""Alerts on a real machine: a channel that is there, one that is away for ten minutes, a real Alertmanager.

The ten minutes are spent with `--every-fault` only; the same with clocks of its own is tests/unit/alerts/test_delivery.py.
"""

import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.machine.faults.story import Incidents
from tests.machine.home import Home

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
        try:
            yield phone
        finally:
            unpause_all(home)
            phone.off()
    home.tarsctl("config", "reload")


def pause(home: Home, service: str) -> None:
    home.machine.exec("docker", "pause", home.container(service))


def unpause(home: Home, service: str) -> None:
    home.machine.exec("docker", "unpause", home.container(service))


def unpause_all(home: Home) -> None:
    """Nothing of a machine can be killed, nor the machine removed, while a container in it is paused."""
    home.machine.sh("docker ps -q --filter status=paused | xargs -r docker unpause")


def test_a_fault_and_its_end_reach_the_phone(home: Home) -> None:
    with channels(home, SETTINGS) as phone:
        ran = home.tarsctl("alerts", "test", "phone", status=1)
        assert "phone did not take it now: nobody answers there" in ran.out
        phone.on()
        assert "phone took the message" in home.tarsctl("alerts", "test", "phone").out
        phone.wait_for("can reach you here", 5)
        pause(home, "redis")
        phone.wait_for("Problem: redis: was paused", 40)
        unpause(home, "redis")
        phone.wait_for("Well again: redis: was paused", 40)
        each_once(home, phone)
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
def manager(home: Home) -> Iterator[Home]:
    """The machine with a real Alertmanager of Debian's, which does not run yet."""
    home.install_from_debian("prometheus-alertmanager")
    home.machine.exec("systemctl", "stop", "prometheus-alertmanager")
    yield home
    home.apt("purge", "prometheus-alertmanager")


def firing(home: Home) -> dict[str, str]:
    """What the Alertmanager has as active: severity by subject."""
    shown = home.machine.sh("curl -sf http://127.0.0.1:9093/api/v2/alerts?active=true").out
    labels = [it["labels"] for it in json.loads(shown)]
    return {it["subject"]: it["severity"] for it in labels if "subject" in it}


def each_once(home: Home, phone: Phone) -> None:
    """Of each incident since the phone is there: its beginning, and its end if it has one; none of them twice.

    That the phone itself took nothing is told to others.
    """
    messages = phone.got()
    parts = [part for it in messages for part in it["message"].split("\n\n")]
    for incident in home.ask(Incidents, "incidents").incidents:
        of_itself = (incident.fault, incident.subject) == ("alerts.channel", "phone")
        if of_itself or incident.opened.timestamp() < messages[0]["at"]:
            continue
        mine = [it for it in parts if f"incidents show {incident.id} (" in it]
        begun = [it for it in mine if it.startswith("Problem: ")]
        ended = [it for it in mine if it.startswith("Well again: ")]
        assert 1 <= len(begun) <= 1 + incident.reopened, parts
        assert len(ended) == len(begun) - (incident.resolved is None), parts


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("every_fault")
def test_a_channel_away_for_ten_minutes_is_told_everything_once(manager: Home) -> None:
    """tarsd is killed twice meanwhile."""
    home = manager
    with channels(home, SETTINGS + MANAGER) as phone:
        give_address(home, "manager", "http://127.0.0.1:9093")
        phone.on()
        home.tarsctl("alerts", "test", "phone")
        phone.off()
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
        assert len(phone.got()) == 1
        phone.on()
        home.machine.exec("systemctl", "start", "prometheus-alertmanager")
        phone.wait_for("Well again: redis: was paused", 330)
        assert "Problem: chromadb: was paused" in phone.said()
        assert "Late: seen" in phone.said()
        assert "You may have this twice" not in phone.said()
        each_once(home, phone)
        home.machine.wait("the Alertmanager", lambda: "chromadb" in firing(home), 330)
        assert "redis" not in firing(home)
        unpause(home, "chromadb")
        phone.wait_for("Well again: chromadb: was paused", 60)
        home.machine.wait("its end there", lambda: not firing(home), 60)
        each_once(home, phone)
