"""A whole installation whose services carry probe labels: they are asked, on their ports, with their passwords."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tarsd.changes.model import ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.host.probes.server import Server
from tests.unit.host.probes.test_redis import redis
from tests.unit.host.probes.test_redis_scratch import Store


@pytest.fixture
async def server(home: Home) -> AsyncIterator[Server]:
    """What the labels of redis lead to; Docker would first ask in a quarter of an hour."""
    made = Server()
    await made.start()
    labelled: dict[str, Any] = home.compose.stack["services"]["redis"]
    labelled["labels"] |= {"tars.probe.port": str(made.address.port), "tars.start.grace": "5s"}
    labelled["ports"] = [{"host_ip": "127.0.0.1", "published": str(made.address.port)}]
    labelled["secrets"] = [{"source": "redis-password"}]
    home.compose.starts["redis"] = FakeContainer("redis", healthy_after=900, says="")
    yield made
    await made.stop()


async def test_it_is_done_as_soon_as_they_answer(
    home: Home, server: Server, clock: Callable[[], float]
) -> None:
    server.talk = store = Store()
    began = clock()
    change = await home.install()
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    assert {words[0] for words in store.commands} == {b"AUTH", b"PING", b"SET", b"GET", b"DEL"}
    assert clock() - began < 3
    assert home.secrets()["redis-password"].encode() in server.received


async def test_one_that_answers_and_stores_nothing_is_no_go_and_stays(
    home: Home, server: Server
) -> None:
    """It is no worse than before anybody asked, and what there is may be all that there is."""
    server.talk = Store(SET=b"-OOM command not allowed when used memory > 'maxmemory'.")
    change = await home.install()
    assert change.status is ChangeStatus.DONE
    assert change.result is not None
    assert change.result["verdict"] == "NO-GO"
    assert [it["id"] for it in change.result["failures"]] == ["redis.deep"]
    assert home.engine.containers.keys() == {"postgres", "redis"}


async def test_a_password_that_is_not_taken_is_told(home: Home, server: Server) -> None:
    server.talk = redis(auth=b"-WRONGPASS invalid username-password pair\r\n")
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "cannot get redis healthy: WRONGPASS" in change.error["message"]
    sent = server.received.split(b"\r\n")[4].decode()
    assert len(sent) == 48
    assert sent not in str(change.as_json())


async def test_a_start_that_is_aborted_meanwhile_leaves_no_connection(
    home: Home, server: Server
) -> None:
    """The service takes everything and never answers."""

    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side is gone

    server.talk = listen
    change = await home.begin_install()
    while not server.connections:
        change = await home.app.changes.wait(change.id, change.revision, 1)
    await home.app.changes.abort(change.id)
    ended = await home.end(change)
    assert ended.status is ChangeStatus.UNDONE
    await asyncio.sleep(1)
    assert server.open == 0
