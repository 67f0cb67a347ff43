"""A Chroma whose heartbeat is fine and which does not work is found out; the owner's vectors are never touched."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address
from tarsd.host.http import HttpSession
from tarsd.host.probes.chroma_scratch import DATABASE, ChromaScratch
from tests.unit.fake_chroma import FakeChroma
from tests.unit.host.probes.server import Server, hang, says


@pytest.fixture
async def chroma() -> AsyncIterator[FakeChroma]:
    fake = FakeChroma()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def session() -> AsyncIterator[HttpSession]:
    made = HttpSession()
    yield made
    await made.close()


@pytest.fixture
def scratch(chroma: FakeChroma, session: HttpSession) -> ChromaScratch:
    return ChromaScratch(session, Address("127.0.0.1", chroma.port), asyncio.Lock())


def left(chroma: FakeChroma) -> dict[str, int]:
    """Our own collections, each with how many documents it has."""
    return {name: len(rows) for name, rows in chroma.databases[DATABASE].items()}


async def failure(scratch: ChromaScratch) -> ProbeFailed:
    with pytest.raises(ProbeFailed) as caught:
        await scratch.ask()
    return caught.value


async def test_one_that_works_keeps_one_empty_collection_of_ours(
    chroma: FakeChroma, scratch: ChromaScratch
) -> None:
    for _ in range(3):
        assert 0 <= await scratch.ask() < 5
        assert left(chroma) == {"tars-home-scratch-3": 0}
    assert chroma.databases["default_database"] == {"papers": {}}


async def test_what_an_earlier_one_was_cut_off_with_is_deleted(
    chroma: FakeChroma, scratch: ChromaScratch
) -> None:
    chroma.databases[DATABASE] = {
        "tars-home-scratch-new-1234": {},
        "tars-home-scratch-3": {"scratch-0": ([1.0, 0.0, 0.0], "old")},
    }
    await scratch.ask()
    assert left(chroma) == {"tars-home-scratch-3": 0}


@pytest.mark.parametrize(
    "step",
    [("GET", "collections"), ("POST", "databases"), ("POST", "collections"), ("DELETE", "NAME"),
     ("POST", "upsert"), ("POST", "query"), ("POST", "delete")],
)  # fmt: skip
async def test_each_step_that_it_refuses_is_named(
    chroma: FakeChroma, scratch: ChromaScratch, step: tuple[str, str]
) -> None:
    chroma.says[step] = (500, '{"error":"InternalError","message":"disk full"}')
    error = await failure(scratch)
    assert error.why == "sick"
    assert error.reason.startswith(step[0])
    assert error.reason.endswith("answers HTTP 500: disk full")


@pytest.mark.parametrize("step", [("GET", "collections"), ("POST", "upsert"), ("POST", "query")])
async def test_each_step_at_which_it_hangs_ends_in_time_and_lets_others_in(
    chroma: FakeChroma, scratch: ChromaScratch, step: tuple[str, str]
) -> None:
    chroma.hung.add(step)
    assert (await failure(scratch)).why == "silent"
    chroma.hung.clear()
    await scratch.ask()
    assert left(chroma) == {"tars-home-scratch-3": 0}


async def test_one_that_finds_nothing_or_something_else(
    chroma: FakeChroma, scratch: ChromaScratch
) -> None:
    chroma.wrong = True
    assert (await failure(scratch)).reason == "it finds another document than the nearest"
    chroma.forgetful = True
    assert (await failure(scratch)).reason == "it finds nothing of what was put in"


@pytest.mark.parametrize("body", ["<html>", "[", "[[[[", '"x"', '{"id": "../../x"}', "{}"])
async def test_nonsense_is_a_failure(chroma: FakeChroma, scratch: ChromaScratch, body: str) -> None:
    chroma.says[("POST", "collections")] = (200, body)
    assert (await failure(scratch)).why == "foreign"


async def test_two_at_once_wait_for_each_other(chroma: FakeChroma, scratch: ChromaScratch) -> None:
    await asyncio.gather(*(scratch.ask() for _ in range(4)))
    assert left(chroma) == {"tars-home-scratch-3": 0}


async def test_whatever_else_listens_there(server: Server, session: HttpSession) -> None:
    for talk, why in ((hang, "silent"), (says(b"-ERR\r\n"), "foreign"), (says(b""), "closed")):
        server.talk = talk
        scratch = ChromaScratch(session, server.address, asyncio.Lock())
        assert (await failure(scratch)).why == why
