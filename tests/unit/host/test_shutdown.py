"""Whether the Engine or the host is stopping, asked of systemd on a bus that answers, refuses or hangs."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from jeepney import MessageType

from tarsd.errors import HostSilent, JobFailed
from tarsd.host import shutdown, systemd
from tarsd.host.shutdown import Shutdown


class Bus:
    """Answers to three questions: the host's state, the unit's path, the unit's state."""

    def __init__(self, host: str, unit: str) -> None:
        self._words = {"SystemState": host, "ActiveState": unit}

    def send_and_get_reply(self, message: Any, timeout: float) -> Any:
        name = message.body[-1]
        body = (("s", self._words[name]),) if name in self._words else ("/unit/docker",)
        header = SimpleNamespace(message_type=MessageType.method_return, fields={})
        return SimpleNamespace(header=header, body=body)


@pytest.mark.parametrize(
    ("host", "unit", "stopping"),
    [
        ("running", "active", False),
        ("degraded", "active", False),
        ("stopping", "active", True),
        ("running", "deactivating", True),
        ("running", "inactive", False),  # an Engine that is not docker.service's
    ],
)
def test_what_systemd_says(
    monkeypatch: pytest.MonkeyPatch, host: str, unit: str, stopping: bool
) -> None:
    @contextmanager
    def connect() -> Generator[Bus, None, None]:
        yield Bus(host, unit)

    monkeypatch.setattr(systemd, "_connect", connect)
    assert systemd.stopping("docker.service") is stopping


async def test_a_bus_that_refuses_is_told() -> None:
    def refused(_: str) -> bool:
        raise JobFailed("cannot reach systemd over D-Bus: refused")

    with pytest.raises(JobFailed, match="cannot reach"):
        await Shutdown(refused).under_way()


async def test_a_bus_that_hangs_costs_its_deadline_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "DEADLINE", 0.05)

    def hangs(_: str) -> bool:
        time.sleep(0.3)
        return False

    with pytest.raises(HostSilent, match="cannot tell"):
        await Shutdown(hangs).under_way()
