"""PostgreSQL's client: sign in, set the password, and never send it or wait for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.postgres.role import Postgres
from tests.unit.fake_postgres import FakePostgres, auth


@pytest.fixture
async def server() -> AsyncIterator[FakePostgres]:
    """It takes the password `old`."""
    fake = FakePostgres("old")
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def postgres(server: FakePostgres) -> Postgres:
    return Postgres(lambda: server.port)


async def test_the_right_password_and_a_wrong_one(postgres: Postgres) -> None:
    assert await postgres.accepts("old")
    assert not await postgres.accepts("new")


async def test_a_new_password_is_taken_and_the_old_one_no_longer(postgres: Postgres) -> None:
    await postgres.set_password("old", "new")
    assert await postgres.accepts("new")
    assert not await postgres.accepts("old")


async def test_the_password_itself_is_never_sent(postgres: Postgres, server: FakePostgres) -> None:
    """A server may log its statements, and does when one of them fails."""
    await postgres.set_password("old", "s3cret-new")
    (statement,) = server.statements
    assert "s3cret-new" not in statement
    assert "SCRAM-SHA-256$4096:" in statement


async def test_a_wrong_password_changes_nothing(postgres: Postgres, server: FakePostgres) -> None:
    with pytest.raises(DatabaseRefused, match="password authentication failed") as told:
        await postgres.set_password("wrong", "new")
    assert told.value.details == {"sqlstate": "28P01"}
    assert server.statements == []


@pytest.mark.parametrize("state", ["57P03", "57P01", "53300"])
async def test_a_server_that_is_not_ready_is_not_one_that_says_no(
    postgres: Postgres, server: FakePostgres, state: str
) -> None:
    server.state = state
    with pytest.raises(DatabaseUnavailable, match="starting up"):
        await postgres.accepts("old")


async def test_another_no_is_told(postgres: Postgres, server: FakePostgres) -> None:
    server.state = "28000"
    with pytest.raises(DatabaseRefused):
        await postgres.accepts("old")


async def test_a_server_that_trusts_everybody(postgres: Postgres, server: FakePostgres) -> None:
    server.method = "trust"
    assert await postgres.accepts("anything")
    await postgres.set_password("anything", "new")
    server.method = "scram"
    assert await postgres.accepts("new")


async def test_nobody_at_the_port(postgres: Postgres, server: FakePostgres) -> None:
    await server.stop()
    with pytest.raises(DatabaseUnavailable, match=r"cannot reach PostgreSQL at 127\.0\.0\.1"):
        await postgres.accepts("old")


async def test_a_server_that_hangs_costs_seconds(clock: Callable[[], float]) -> None:
    gone = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    postgres = Postgres(lambda: server.sockets[0].getsockname()[1])
    began = clock()
    with pytest.raises(DatabaseUnavailable, match="no answer in time"):
        await postgres.accepts("old")
    assert clock() - began < 30
    await gone.wait()
    server.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"R\x00\x00\x00\x01",
        b"R\x00\x00\x00\x04",
        b"R\x7f\xff\xff\xff",
        b"R\x00\x00\x00\x08\x00\x00\x00\x0b",
        b"R\x00\x00\x00\x09\x00\x00\x00\x0b\xff",
    ],
)
async def test_what_is_not_postgres_is_told(
    postgres: Postgres, server: FakePostgres, raw: bytes
) -> None:
    server.raw = raw
    with pytest.raises(DatabaseUnavailable, match="cannot reach PostgreSQL"):
        await postgres.accepts("old")


@pytest.mark.parametrize(("method", "way"), [("password", 3), ("md5", 5)])
async def test_a_password_is_not_given_away_to_be_checked(
    postgres: Postgres, server: FakePostgres, method: str, way: int
) -> None:
    """Nobody has looked whether it is PostgreSQL's container that asks."""
    server.method = method
    with pytest.raises(DatabaseRefused, match=rf"a way \({way}\) that tarsd does not know"):
        await postgres.accepts("old")


async def test_a_server_that_does_not_know_the_password_itself(
    postgres: Postgres, server: FakePostgres
) -> None:
    server.spoil = "signature"
    with pytest.raises(DatabaseUnavailable, match="does not know the password"):
        await postgres.set_password("old", "new")
    assert server.statements == []


async def test_a_way_to_sign_in_that_nobody_knows(postgres: Postgres, server: FakePostgres) -> None:
    server.raw = auth(7)
    with pytest.raises(DatabaseRefused, match=r"a way \(7\) that tarsd does not know"):
        await postgres.accepts("old")
