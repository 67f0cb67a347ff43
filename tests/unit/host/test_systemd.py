"""Waiting for a job of systemd's on a bus on which much else happens."""

import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from jeepney import HeaderFields, MessageType

from tarsd.host import systemd

OURS, OTHER = "/org/freedesktop/systemd1/job/17", "/org/freedesktop/systemd1/job/4"


class Bus:
    """A connection on which every 10 ms some other job ends, and ours after `ends` seconds."""

    def __init__(self, ends: float) -> None:
        self._ours_at = time.monotonic() + ends

    def send_and_get_reply(self, message: Any, timeout: float) -> Any:
        fields: dict[HeaderFields, str] = {}
        header = SimpleNamespace(message_type=MessageType.method_return, fields=fields)
        return SimpleNamespace(header=header, body=(OURS,))

    def filter(self, rule: Any, bufsize: int) -> "Bus":
        return self

    def __enter__(self) -> deque[Any]:
        return deque()

    def __exit__(self, *_: object) -> None:
        """It ends with the connection."""

    def recv_until_filtered(self, signals: Any, timeout: float) -> Any:
        time.sleep(min(0.01, timeout))
        return SimpleNamespace(
            body=(17, OURS if time.monotonic() > self._ours_at else OTHER, "x.service", "done")
        )


def wait(bus: Bus, deadline: float) -> None:
    systemd._finished_job(bus, "StopUnit", "ss", ("x", "replace"), deadline)  # type: ignore[arg-type]  # pyright: ignore[reportPrivateUsage, reportArgumentType]  the wait alone, on a double


def test_it_ends_when_ours_does() -> None:
    """And not with the end of another, of which there is one every 10 ms."""
    began = time.monotonic()
    wait(Bus(0.1), 5)
    assert 0.1 <= time.monotonic() - began < 5


def test_the_ends_of_others_do_not_put_the_deadline_off() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        wait(Bus(3), 0.2)
    assert time.monotonic() - began < 1
