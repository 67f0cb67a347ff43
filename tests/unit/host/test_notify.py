"""What systemd is told, over the socket it names in the environment."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarsd.host.notify import Notify


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as received:
        received.bind(str(tmp_path / "notify"))
        received.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield received


def test_each_word_of_the_protocol(systemd: socket.socket) -> None:
    notify = Notify()
    notify.ready()
    notify.status("healthy: 4 of 4 services are healthy")
    notify.alive()
    notify.stopping()
    said = [systemd.recv(1000).decode() for _ in range(4)]
    assert said == [
        "READY=1",
        "STATUS=healthy: 4 of 4 services are healthy",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notify().ready()


def test_a_systemd_that_is_gone_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    Notify().alive()
