"""PostgreSQL's client: sign in, set the password, and never send it or wait for ever."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.postgres import Postgres
from tarsd.host.scram import Scram, ScramError, verifier
from tests.unit.fake_postgres import FakePostgres


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
    server.trusts = True
    assert await postgres.accepts("anything")
    await postgres.set_password("anything", "new")
    server.trusts = False
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


async def test_a_way_to_sign_in_that_nobody_knows(postgres: Postgres, server: FakePostgres) -> None:
    server.raw = b"R" + struct.pack("!ii", 8, 7)
    with pytest.raises(DatabaseRefused, match=r"a way \(7\) that tarsd does not know"):
        await postgres.accepts("old")


def test_the_example_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7677, section 3, whose user is called `user`."""
    scram = Scram("pencil")
    monkeypatch.setattr(scram, "_nonce", "rOprNGfwEbeRWgbNEkqO")
    monkeypatch.setattr(Scram, "_bare", "n=user,r=rOprNGfwEbeRWgbNEkqO")
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    answer = scram.second(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    assert answer == f"c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    scram.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    with pytest.raises(ScramError, match="does not know the password"):
        scram.check("v=AAAA")


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "r=x",
        "r=other,s=YQ==,i=4096",
        "r={},s=!,i=1",
        "r={},s=YQ==,i=0",
        "r={},s=YQ==,i=99999999",
    ],
)
def test_a_challenge_that_makes_no_sense(challenge: str) -> None:
    scram = Scram("pencil")
    nonce = scram.first.partition("r=")[2]
    with pytest.raises(ScramError):
        scram.second(challenge.format(nonce + "x"))


def test_a_verifier_is_never_the_same_twice() -> None:
    assert verifier("a") != verifier("a")
