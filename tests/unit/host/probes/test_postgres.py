"""PostgreSQL asked as its clients ask it, with every way to sign in; and whatever else may listen on its port."""

import asyncio
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.errors import ProbeFailed
from tarsd.host.probes.postgres import PostgresProbe
from tests.unit.fake_postgres import (
    COMPLETE,
    PASSWORD,
    READY,
    ROW,
    FakePostgres,
    auth,
    error,
    message,
)
from tests.unit.host.probes.conftest import Fails
from tests.unit.host.probes.server import Server, Talk, close, hang, repeats, says


async def read_password() -> str:
    return PASSWORD


@pytest.fixture
def probe(server: Server) -> PostgresProbe:
    return PostgresProbe(server.address, "tars", "data", read_password)


@pytest.mark.parametrize("method", ["scram", "md5", "password", "trust"])
async def test_a_server_that_works(server: Server, probe: PostgresProbe, method: str) -> None:
    postgres = FakePostgres(method=method)
    server.talk = postgres.talk
    assert 0 <= await probe.ask() < 1
    assert postgres.statements == ["SELECT 1"]
    assert (postgres.parameters["user"], postgres.parameters["database"]) == ("tars", "data")
    if method in ("scram", "md5"):
        assert PASSWORD.encode() not in server.received


async def test_it_says_goodbye(server: Server, probe: PostgresProbe) -> None:
    """Or the server's log has a line about every probe."""
    postgres = FakePostgres()
    server.talk = postgres.talk
    await probe.ask()
    await asyncio.wait_for(postgres.goodbye.wait(), 5)


@pytest.mark.parametrize("method", ["scram", "md5", "password"])
async def test_a_wrong_password_is_told_in_the_servers_words(
    server: Server, probe: PostgresProbe, fails: Fails, method: str
) -> None:
    server.talk = FakePostgres("another", method).talk
    failed = await fails(probe)
    assert failed.why == "denied"
    assert failed.reason == 'password authentication failed for user "tars"'


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        ("57P03", "the database system is starting up", "starting"),
        ("57P03", "the database system is shutting down", "starting"),
        ("57P03", "the database system is not yet accepting connections", "starting"),
        ("28000", 'no pg_hba.conf entry for host "172.18.0.1"', "denied"),
        ("53300", "sorry, too many clients already", "sick"),
        ("3D000", 'database "data" does not exist', "sick"),
        ("58P01", "could not open file: \x1b[31mNo space left\n", "sick"),
    ],
)
async def test_what_it_says_of_itself_is_told_apart(
    server: Server, probe: PostgresProbe, fails: Fails, code: str, words: str, why: str
) -> None:
    server.talk = says(error(code, words))
    failed = await fails(probe)
    assert failed.why == why
    assert failed.reason == " ".join(words.replace("\x1b", " ").split())


async def test_an_error_in_the_query_is_one(
    server: Server, probe: PostgresProbe, fails: Fails
) -> None:
    server.talk = FakePostgres(answer=error("53100", "could not extend file: No space left")).talk
    assert (await fails(probe)).reason == "could not extend file: No space left"


@pytest.mark.parametrize(
    "answer",
    [
        COMPLETE + READY,
        message(b"D", struct.pack("!hi", 1, 1) + b"2") + COMPLETE + READY,
        message(b"D", struct.pack("!hi", 1, -1)) + COMPLETE + READY,
        message(b"D", struct.pack("!hi", 2, 1) + b"1") + COMPLETE + READY,
        message(b"D", b"") + COMPLETE + READY,
        message(b"D", struct.pack("!hi", 1, 99) + b"1") + COMPLETE + READY,
        READY,
    ],
)
async def test_an_answer_to_the_query_that_is_none(
    server: Server, probe: PostgresProbe, fails: Fails, answer: bytes
) -> None:
    server.talk = FakePostgres(answer=answer).talk
    assert (await fails(probe)).why == "foreign"


@pytest.mark.parametrize(
    "spoil",
    ["signature", "no nonce", "another nonce", "salt", "count", "no fields", "not text",
     "e", "nothing", "no final", "too soon"],
)  # fmt: skip
async def test_a_server_that_does_not_prove_that_it_knows_the_password(
    server: Server, probe: PostgresProbe, fails: Fails, spoil: str
) -> None:
    """It lets everybody in, and yet is not the one whose password this is."""
    server.talk = FakePostgres(spoil=spoil).talk
    failed = await fails(probe)
    assert failed.why == "foreign"
    assert "SCRAM" in failed.reason


@pytest.mark.parametrize("iterations", [0, 1_000_001, 99_999_999_999])
async def test_a_server_cannot_make_us_count_for_minutes(
    server: Server, probe: PostgresProbe, fails: Fails, iterations: int
) -> None:
    server.talk = FakePostgres(iterations=iterations).talk
    assert "iterations" in (await fails(probe)).reason


async def test_another_way_to_sign_in_is_not_tried(
    server: Server, probe: PostgresProbe, fails: Fails
) -> None:
    server.talk = FakePostgres(mechanisms=b"OAUTHBEARER\0\0").talk
    assert (await fails(probe)).reason == "it offers no SCRAM-SHA-256, but OAUTHBEARER"
    server.talk = says(auth(7))
    assert "authentication that is not known: 7" in (await fails(probe)).reason


@pytest.mark.parametrize("then", [3, 5, 10])
async def test_it_may_ask_for_the_password_once(
    server: Server, probe: PostgresProbe, fails: Fails, then: int
) -> None:
    """MD5 and then in clear would give it away to whoever was not content with its digest."""
    server.talk = says(auth(5, b"salt") + auth(then, b"salt"))
    assert (await fails(probe)).reason == "it asks for the password once more"
    assert PASSWORD.encode() not in server.received


@pytest.mark.parametrize(
    ("talk", "why"),
    [
        (hang, "silent"),
        (close, "closed"),
        (says(b"R\0\0"), "closed"),
        (says(auth(10, b"SCRAM-SHA-256\0\0"), then_hangs=True), "silent"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "foreign"),
        (says(b"-ERR unknown command\r\n"), "foreign"),
        (says(b"\x15\x03\x03\x00\x02\x02\x46"), "foreign"),
        (says(message(b"R", b"\0")), "foreign"),
        (says(b"R\0\0\0\1"), "foreign"),
        (says(b"R\xff\xff\xff\xff"), "foreign"),
        (says(message(b"W", b"")), "foreign"),
        (repeats(b"", message(b"S", b"x" * 1000)), "foreign"),
        (repeats(b"", message(b"N", b""), pause=0.5), "silent"),
        (says(message(b"E", b"")), "sick"),
    ],
)
async def test_whatever_is_at_the_other_end_is_told_in_one_line(
    server: Server, probe: PostgresProbe, fails: Fails, talk: Talk, why: str
) -> None:
    server.talk = talk
    assert (await fails(probe)).why == why


async def test_nothing_listens(server: Server, probe: PostgresProbe, fails: Fails) -> None:
    await server.stop()
    assert (await fails(probe)).why == "refused"


async def test_a_password_that_comes_back_is_not_shown(
    server: Server, probe: PostgresProbe, fails: Fails
) -> None:
    words = f"I was told {PASSWORD}"
    server.talk = says(error("XX000", words))
    assert (await fails(probe)).reason == "I was told [secret]"


async def test_a_name_with_a_zero_in_it_adds_no_parameter(server: Server) -> None:
    postgres = FakePostgres(method="trust")
    server.talk = postgres.talk
    await PostgresProbe(server.address, "tars\0options\0-c x", "d", None).ask()
    assert postgres.parameters["user"] == "tarsoptions-c x"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300), st.sampled_from([b"", b"R", auth(3), auth(11), ROW[:3]]))
async def test_no_answer_whatever_breaks_it(
    server: Server, probe: PostgresProbe, answer: bytes, begin: bytes
) -> None:
    server.talk = says(begin + answer)
    with pytest.raises(ProbeFailed) as caught:
        await probe.ask()
    assert PASSWORD not in caught.value.message
