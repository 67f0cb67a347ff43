"""Whether a port opens: told in time, and in words, whatever the name servers and the server do."""

import asyncio
import socket
import threading

import pytest

from tarsd.host.reach import Reach

Rows = list[tuple[object, object, object, str, tuple[str, int]]]


def test_a_port_that_opens_one_that_does_not_and_a_name_that_is_not() -> None:
    async def ask(host: str, port: int) -> str | None:
        return await Reach().trouble(host, port, 5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        assert asyncio.run(ask("127.0.0.1", port)) is None
    assert "does not take connections" in (asyncio.run(ask("127.0.0.1", port)) or "")
    assert "nas.invalid" in (asyncio.run(ask("nas.invalid", 445)) or "")


def test_the_second_address_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        monkeypatch.setattr("tarsd.host.reach.look_up", lambda *_: ["127.0.0.2", "127.0.0.1"])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  any arguments
        assert asyncio.run(Reach().trouble("nas", port, 5)) is None


def test_silent_name_servers_cost_one_thread_and_no_more_time_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enough = threading.Event()
    before = threading.active_count()

    def silent(*_: object) -> list[str]:
        enough.wait(10)
        return []

    monkeypatch.setattr("tarsd.host.reach.look_up", silent)

    async def ask() -> list[str | None]:
        reach = Reach()
        return [await reach.trouble("nas", 445, 0.05) for _ in range(5)]

    told = asyncio.run(ask())
    grown = threading.active_count() - before
    enough.set()
    assert all("does not answer" in (each or "") for each in told)
    assert grown <= 1
