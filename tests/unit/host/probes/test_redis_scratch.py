"""A Redis that answers a PING and stores nothing is found out, and what was stored does not stay."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.errors import ProbeFailed
from tarsd.host.probes.redis_scratch import KEPT, PREFIX, RedisScratch
from tests.unit.host.probes.conftest import Fails
from tests.unit.host.probes.server import Server, Talk, close, hang, says

PASSWORD = "5ecre7" * 8


async def read_password() -> str:
    return PASSWORD


class Store:
    """A Redis in memory; `refuses` are its answers to commands instead."""

    def __init__(self, **refuses: bytes) -> None:
        self.refuses = refuses
        self.keys: dict[bytes, bytes] = {}
        self.commands: list[list[bytes]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            count = int((await reader.readuntil(b"\r\n"))[1:])
            words = [await self._word(reader) for _ in range(count)]
            self.commands.append(words)
            refusal = self.refuses.get(words[0].decode())
            writer.write(refusal + b"\r\n" if refusal else self._answer(*words))
            await writer.drain()

    @staticmethod
    async def _word(reader: asyncio.StreamReader) -> bytes:
        length = int((await reader.readuntil(b"\r\n"))[1:])
        return (await reader.readexactly(length + 2))[:-2]

    def _answer(self, name: bytes, key: bytes = b"", value: bytes = b"", *_: bytes) -> bytes:
        if name == b"PING":
            return b"+PONG\r\n"
        if name == b"SET":
            self.keys[key] = value
        if name == b"GET":
            return b"$%d\r\n%s\r\n" % (len(self.keys[key]), self.keys[key])
        if name == b"DEL":
            return b":%d\r\n" % (self.keys.pop(key, None) is not None)
        return b"+OK\r\n"


@pytest.fixture
def scratch(server: Server) -> RedisScratch:
    return RedisScratch(server.address, read_password)


async def test_one_that_works_keeps_nothing(server: Server, scratch: RedisScratch) -> None:
    server.talk = store = Store()
    assert 0 <= await scratch.ask() < 1
    assert [words[0] for words in store.commands] == [b"AUTH", b"SET", b"GET", b"DEL"]
    _, key, _, *options = store.commands[1]
    assert key.startswith(PREFIX.encode())
    assert options == [b"PX", str(KEPT).encode(), b"NX"], (
        "it goes by itself, and overwrites nothing"
    )
    assert store.keys == {}


async def test_no_two_are_alike(server: Server, scratch: RedisScratch) -> None:
    server.talk = store = Store()
    await scratch.ask()
    await scratch.ask()
    assert store.commands[1][1:3] != store.commands[5][1:3]


@pytest.mark.parametrize(
    ("command", "said", "code"),
    [
        ("SET", b"-OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
        ("SET", b"-READONLY You can't write against a read only replica.", "READONLY"),
        ("SET", b"-MISCONF Redis is configured to save RDB snapshots, but", "MISCONF"),
        ("SET", b"-NOPERM this user has no permissions", "NOPERM"),
        ("AUTH", b"-LOADING Redis is loading the dataset in memory", "LOADING"),
        ("GET", b"-ERR something", "ERR"),
        ("DEL", b"-READONLY You can't write", "READONLY"),
    ],
)
async def test_what_it_refuses_is_told_in_its_words(
    server: Server, scratch: RedisScratch, fails: Fails, command: str, said: bytes, code: str
) -> None:
    server.talk = Store(**{command: said})
    error = await fails(scratch)
    assert (error.code, error.reason) == (code, said[1:].decode())


@pytest.mark.parametrize(
    ("command", "said"),
    [("SET", b"$-1"), ("GET", b"$-1"), ("GET", b"$2\r\nno"), ("DEL", b":0"), ("GET", b"+OK")],
)
async def test_one_that_forgets_is_found_out(
    server: Server, scratch: RedisScratch, fails: Fails, command: str, said: bytes
) -> None:
    server.talk = Store(**{command: said})
    assert (await fails(scratch)).why == "foreign"


@pytest.mark.parametrize(("talk", "why"), [(hang, "silent"), (close, "closed")])
async def test_one_that_is_not_there(
    server: Server, scratch: RedisScratch, talk: Talk, why: str
) -> None:
    server.talk = talk
    with pytest.raises(ProbeFailed) as caught:
        await scratch.ask()
    assert caught.value.why == why


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300))
async def test_no_answer_whatever_breaks_it(
    server: Server, scratch: RedisScratch, answer: bytes
) -> None:
    server.talk = says(answer)
    with pytest.raises(ProbeFailed) as caught:
        await scratch.ask()
    assert PASSWORD not in caught.value.message
