"""A PostgreSQL that answers SELECT 1 and takes no writes is found out."""

import re
from collections.abc import AsyncIterator

import pytest

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address
from tarsd.host.probes.postgres_scratch import PostgresScratch
from tests.unit.fake_postgres import COMPLETE, PASSWORD, READY, FakePostgres, error, message


async def read_password() -> str:
    return PASSWORD


def row(value: bytes) -> bytes:
    content = b"\0\1" + len(value).to_bytes(4, "big") + value
    return message(b"T", b"\0\0") + message(b"D", content) + COMPLETE + READY


class Writing(FakePostgres):
    """Answers each statement as a server does that writes; `refuses` is what it says to the first that does."""

    recovering = b"false"
    refuses: tuple[str, str] | None = None
    gives: bytes | None = None

    def said(self, statement: str) -> bytes:
        if "pg_is_in_recovery" in statement:
            return row(self.recovering)
        if statement.startswith("SET"):
            return COMPLETE + READY
        if self.refuses:
            return error(*self.refuses) + READY
        nonce = re.search(r"VALUES \('(\w+)'\)", statement)
        assert nonce is not None
        return COMPLETE * 2 + row(nonce[1].encode() if self.gives is None else self.gives)


@pytest.fixture
async def postgres() -> AsyncIterator[Writing]:
    fake = Writing()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def scratch(postgres: Writing) -> PostgresScratch:
    return PostgresScratch(Address("127.0.0.1", postgres.port), "tars", "tars", read_password)


async def failure(scratch: PostgresScratch) -> ProbeFailed:
    with pytest.raises(ProbeFailed) as caught:
        await scratch.ask()
    return caught.value


async def test_one_that_works(postgres: Writing, scratch: PostgresScratch) -> None:
    assert 0 <= await scratch.ask() < 1
    *_, written = postgres.statements
    assert "TEMPORARY" in written
    assert "ON COMMIT DROP" in written
    assert any("statement_timeout" in it for it in postgres.statements)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("25006", "cannot execute CREATE TABLE in a read-only transaction"),
        ("53100", "could not extend file: No space left on device"),
        ("57014", "canceling statement due to statement timeout"),
    ],
)
async def test_what_it_refuses_is_told(
    postgres: Writing, scratch: PostgresScratch, code: str, words: str
) -> None:
    postgres.refuses = (code, words)
    found = await failure(scratch)
    assert (found.why, found.code, found.reason) == ("sick", code, words)


async def test_one_in_recovery_is_not_asked_to_write(
    postgres: Writing, scratch: PostgresScratch
) -> None:
    postgres.recovering = b"true"
    assert "in recovery" in (await failure(scratch)).reason
    assert not any("TEMPORARY" in it for it in postgres.statements)


async def test_one_that_is_still_starting_asks_for_patience(
    postgres: Writing, scratch: PostgresScratch
) -> None:
    postgres.state = "57P03"
    assert (await failure(scratch)).why == "starting"


async def test_one_that_gives_back_something_else(
    postgres: Writing, scratch: PostgresScratch
) -> None:
    postgres.gives = b"other"
    assert (await failure(scratch)).why == "foreign"
