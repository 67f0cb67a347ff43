"""The database that a first start had not made yet when it was cut off is made; one that was lost is not made up."""

from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.errors import DatabaseRefused, DatabaseUnavailable
from tarsd.host.conversation import LOOPBACK, Address
from tarsd.host.postgres.missing import create_missing
from tarsd.host.postgres.session import Login
from tests.unit.fake_postgres import PASSWORD, FakePostgres

LOGIN = Login("tars", "tars", PASSWORD)


@pytest.fixture
async def server() -> AsyncIterator[FakePostgres]:
    """Its first start was cut off after initdb."""
    fake = FakePostgres(databases={"postgres"})
    await fake.start()
    yield fake
    await fake.stop()


def at(server: FakePostgres) -> Address:
    return Address(LOOPBACK, server.port)


async def test_it_is_made_and_the_password_never_sent(server: FakePostgres) -> None:
    await create_missing(at(server), LOGIN)
    assert server.databases == {"postgres", "tars"}
    assert server.parameters["database"] == "postgres"
    assert not any(PASSWORD in it for it in server.statements)


async def test_one_that_somebody_made_meanwhile_is_as_good(server: FakePostgres) -> None:
    server.databases = {"postgres", "tars"}
    await create_missing(at(server), LOGIN)


async def test_on_a_server_that_has_been_used_it_was_lost_and_none_is_made_up(
    server: FakePostgres,
) -> None:
    server.made = 3
    with pytest.raises(DatabaseRefused, match="missing on a server that has been used") as caught:
        await create_missing(at(server), LOGIN)
    assert "createdb -U tars tars" in str(caught.value.fix)
    assert server.databases == {"postgres"}


async def test_a_server_that_trusts_everybody_may_be_anybodys(server: FakePostgres) -> None:
    server.method = "trust"
    with pytest.raises(DatabaseRefused, match="may be anybody's"):
        await create_missing(at(server), LOGIN)
    assert server.databases == {"postgres"}


@pytest.mark.parametrize("method", ["md5", "password"])
async def test_the_password_is_given_to_nobody(server: FakePostgres, method: str) -> None:
    server.method = method
    with pytest.raises(DatabaseUnavailable):
        await create_missing(at(server), LOGIN)
    assert server.databases == {"postgres"}


async def test_a_no_is_told_in_its_words(server: FakePostgres) -> None:
    server.state = "53100"
    with pytest.raises(DatabaseRefused, match="PostgreSQL says"):
        await create_missing(at(server), LOGIN)


async def test_a_name_is_quoted(server: FakePostgres) -> None:
    await create_missing(at(server), Login("tars", 'a"b', PASSWORD))
    assert server.statements[-1] == 'CREATE DATABASE "a""b"'


async def test_nobody_at_the_port_is_told_in_time(
    server: FakePostgres, clock: Callable[[], float]
) -> None:
    await server.stop()
    began = clock()
    with pytest.raises(DatabaseUnavailable):
        await create_missing(at(server), LOGIN)
    assert clock() - began < 61
