"""Redis asked as its clients ask it: what it says is told in its own words, and its password to nobody."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.errors import DatabaseUnavailable, ProbeFailed
from tarsd.host.conversation import Address
from tarsd.host.probes.redis import RedisProbe
from tarsd.host.redis import Redis
from tests.unit.host.probes.conftest import Fails
from tests.unit.host.probes.server import Server, Talk, close, hang, repeats, says

PASSWORD = "5ecre7" * 8


async def read_password() -> str:
    return PASSWORD


def redis(auth: bytes = b"+OK\r\n", ping: bytes = b"+PONG\r\n") -> Talk:
    """A Redis that answers the two commands so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            lines = int((await reader.readuntil(b"\r\n"))[1:]) * 2
            words = [await reader.readuntil(b"\r\n") for _ in range(lines)]
            writer.write(auth if words[1] == b"AUTH\r\n" else ping)
            await writer.drain()

    return talk


@pytest.fixture
def probe(server: Server) -> RedisProbe:
    return RedisProbe(server.address, read_password)


async def test_a_redis_that_works(server: Server, probe: RedisProbe) -> None:
    server.talk = redis()
    assert 0 <= await probe.ask() < 1
    words = server.received.split(b"\r\n")
    assert words == [b"*2", b"$4", b"AUTH", b"$48", PASSWORD.encode(), b"*1", b"$4", b"PING", b""]


async def test_without_a_password_it_is_only_pinged(server: Server) -> None:
    server.talk = redis(auth=b"-ERR\r\n")
    await RedisProbe(server.address, None).ask()
    assert b"AUTH" not in server.received


@pytest.mark.parametrize(
    ("auth", "ping", "why"),
    [
        (b"-WRONGPASS invalid username-password pair or user is disabled.", b"+PONG", "denied"),
        (b"-ERR AUTH <password> called without any password configured for the default user.",
         b"+PONG", "denied"),
        (b"+OK", b"-NOAUTH Authentication required.", "denied"),
        (b"+OK", b"-LOADING Redis is loading the dataset in memory", "starting"),
        (b"-LOADING Redis is loading the dataset in memory", b"+PONG", "starting"),
        (b"+OK", b"-MISCONF Redis is configured to save RDB snapshots, but it cannot", "sick"),
        (b"+OK", b"-BUSY Redis is busy running a script.", "sick"),
        (b"-ERR max number of clients reached", b"+PONG", "sick"),
    ],
)  # fmt: skip
async def test_what_it_says_of_itself_is_told_apart(
    server: Server, probe: RedisProbe, fails: Fails, auth: bytes, ping: bytes, why: str
) -> None:
    server.talk = redis(auth + b"\r\n", ping + b"\r\n")
    error = await fails(probe)
    assert error.why == why
    said = auth if auth != b"+OK" else ping
    assert error.reason == said[1:].decode()


async def test_a_password_that_comes_back_is_not_shown(
    server: Server, probe: RedisProbe, fails: Fails
) -> None:
    """Whoever does not know AUTH repeats what it was sent."""
    args = f"ERR unknown command 'AUTH', with args beginning with: '{PASSWORD}'".encode()
    for answer in (b"-" + args, args, b"+" + args, b"-" + b"x" * 130 + args):
        server.talk = says(answer + b"\r\n")
        error = await fails(probe)
        assert PASSWORD[:6] not in error.message
        assert PASSWORD[:6] not in repr(error.__cause__)


@pytest.mark.parametrize(
    ("talk", "why"),
    [
        (hang, "silent"),
        (close, "closed"),
        (says(b"+O"), "closed"),
        (says(b"+OK\r\n", then_hangs=True), "silent"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "foreign"),
        (says(b"\x15\x03\x03\x00\x02\x02\x46\r\n"), "foreign"),
        (says(b"\x1b[2J\x07\r\n"), "foreign"),
        (says(b"$2\r\nOK\r\n"), "foreign"),
        (says(b"\r\n"), "foreign"),
        (says(b"-\r\n"), "sick"),
        (repeats(b"+", b"x" * 4096), "foreign"),
        (repeats(b"+", b"O", pause=0.5), "silent"),
    ],
)
async def test_whatever_is_at_the_other_end_is_told_in_one_line(
    server: Server, probe: RedisProbe, fails: Fails, talk: Talk, why: str
) -> None:
    server.talk = talk
    assert (await fails(probe)).why == why


async def test_nothing_listens(server: Server, probe: RedisProbe, fails: Fails) -> None:
    await server.stop()
    error = await fails(probe)
    assert (error.why, error.reason) == ("refused", f"nothing listens at {probe.address}")


async def test_a_password_that_cannot_be_read_is_sent_to_nobody(
    server: Server, fails: Fails
) -> None:
    async def gone() -> str:
        raise FileNotFoundError(2, "No such file or directory", "redis-password")

    error = await fails(RedisProbe(server.address, gone))
    assert error.why == "denied"
    assert "redis-password" in error.reason
    assert server.connections == 0


async def test_a_hang_costs_no_more_than_the_deadline(
    server: Server, fails: Fails, clock: Callable[[], float]
) -> None:
    began = clock()
    error = await fails(RedisProbe(server.address, read_password, deadline=2.0))
    assert 2 <= clock() - began < 2.5
    assert error.reason == "no answer within 2 s"


async def test_an_address_of_version_6(fails: Fails) -> None:
    error = await fails(RedisProbe(Address("::1", 9), None))
    assert error.why == "refused"


@pytest.mark.parametrize(
    ("auth", "takes"),
    [(b"+OK", True), (b"-WRONGPASS invalid username-password pair or user is disabled.", False)],
)
async def test_it_takes_a_new_password_or_not(server: Server, auth: bytes, takes: bool) -> None:
    server.talk = redis(auth + b"\r\n")
    assert await Redis(lambda: server.address.port).accepts("new") is takes
    assert b"$3\r\nnew\r\n" in server.received


@pytest.mark.parametrize(
    "talk",
    [
        hang,
        close,
        says(b"HTTP/1.1 400\r\n"),
        redis(b"-LOADING in memory\r\n"),
        says(b"+s3cret\r\n"),
    ],
)
async def test_what_does_not_say_whether_it_takes_it_is_no_answer(
    server: Server, talk: Talk
) -> None:
    server.talk = talk
    with pytest.raises(DatabaseUnavailable, match="cannot ask Redis at ") as told:
        await Redis(lambda: server.address.port).accepts("s3cret")
    assert "s3cret" not in told.value.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300))
async def test_no_answer_whatever_breaks_it(
    server: Server, probe: RedisProbe, answer: bytes
) -> None:
    server.talk = says(answer)
    with pytest.raises(ProbeFailed) as caught:
        await probe.ask()
    assert PASSWORD not in caught.value.message
