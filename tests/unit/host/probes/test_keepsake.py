"""A word that is left is found again, one that is lost is told, and taking it back leaves nothing, said once or twice."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address
from tarsd.host.http import HttpSession
from tarsd.host.probes.chroma_scratch import DATABASE, KEPT, ChromaScratch
from tarsd.host.probes.keepsake import KEY, LOST, Keepsake, keepsake
from tarsd.host.probes.postgres_scratch import PostgresScratch
from tarsd.host.probes.redis_scratch import RedisScratch
from tarsd.host.probes.tcp import TcpProbe
from tests.unit.fake_chroma import FakeChroma
from tests.unit.fake_postgres import COMPLETE, READY, FakePostgres
from tests.unit.host.probes.server import Server
from tests.unit.host.probes.test_postgres_scratch import read_password, row
from tests.unit.host.probes.test_redis_scratch import Store

WORD = "5f1c0de5"


class Table(FakePostgres):
    """Has one table at most, of one row."""

    word: str | None = None

    def said(self, statement: str) -> bytes:
        if given := re.search(r"VALUES \('(\w+)'\)", statement):
            self.word = given[1]
        elif statement.startswith("DROP"):
            self.word = None
        elif self.word is not None:
            return row(self.word.encode())
        elif "to_regclass" in statement:
            return COMPLETE + READY
        return COMPLETE + READY


@pytest.fixture
async def postgres() -> AsyncIterator[Table]:
    fake = Table()
    await fake.start()
    yield fake
    await fake.stop()


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
def redis(server: Server) -> Store:
    server.talk = store = Store()
    return store


@pytest.fixture(params=["redis", "postgres", "chroma"])
def kept(
    request: pytest.FixtureRequest,
    server: Server,
    redis: Store,
    postgres: Table,
    chroma: FakeChroma,
    session: HttpSession,
) -> Keepsake:
    tasks = {
        "redis": RedisScratch(server.address, read_password),
        "postgres": PostgresScratch(
            Address("127.0.0.1", postgres.port), "tars", "tars", read_password
        ),
        "chroma": ChromaScratch(session, Address("127.0.0.1", chroma.port), asyncio.Lock()),
    }
    found = keepsake(tasks[request.param])
    assert found is not None
    return found


async def test_what_was_left_is_found_as_often_as_it_is_asked_for(kept: Keepsake) -> None:
    await kept.leave("0ther")
    await kept.leave(WORD)
    await kept.find(WORD)
    await kept.find(WORD)


async def test_another_word_is_a_lost_one(kept: Keepsake) -> None:
    await kept.leave("0ther")
    with pytest.raises(ProbeFailed) as caught:
        await kept.find(WORD)
    assert (caught.value.reason, caught.value.why) == (LOST, "sick")


async def test_taking_it_back_leaves_nothing_however_often(
    kept: Keepsake, redis: Store, postgres: Table, chroma: FakeChroma
) -> None:
    await kept.forget()
    await kept.leave(WORD)
    await kept.forget()
    await kept.forget()
    assert redis.keys in ({}, {KEY.encode(): b"-"})  # which expires after a millisecond
    assert postgres.word is None
    assert chroma.databases.get(DATABASE, {}).get(KEPT, {}) == {}
    assert chroma.databases["default_database"] == {"papers": {}}


async def test_an_emptied_postgres_and_an_emptied_chroma_have_lost_it(
    kept: Keepsake, redis: Store, postgres: Table, chroma: FakeChroma
) -> None:
    await kept.leave(WORD)
    redis.refuses["GET"] = b"$-1"
    postgres.word = None
    chroma.databases.pop(DATABASE, None)
    chroma.forgetful = True
    with pytest.raises(ProbeFailed) as caught:
        await kept.find(WORD)
    assert caught.value.reason == LOST


def test_a_service_without_a_task_of_its_own_is_given_nothing() -> None:
    assert keepsake(TcpProbe(Address("127.0.0.1", 1))) is None
    assert keepsake(None) is None
