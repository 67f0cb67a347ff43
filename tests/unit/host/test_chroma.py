"""What Chroma says of how much it holds, by a double on a real port that says what it is told to."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from tarsd.errors import DatabaseUnavailable
from tarsd.host.chroma import DATABASE, MOST_COUNTED, Chroma, Collection, Holds
from tarsd.host.http import HttpSession


class Server:
    """`says` by path; what is not there is a 404."""

    def __init__(self) -> None:
        self.port = unused_port()
        self.says: dict[str, Any] = {"/api/v2/heartbeat": {"nanosecond heartbeat": 1}}
        self.asked: list[str] = []

    def holds(self, *records: int) -> None:
        self.says[f"{DATABASE}/collections_count"] = len(records)
        self.says[f"{DATABASE}/collections"] = [{"id": f"c{n}"} for n, _ in enumerate(records)]
        for number, count in enumerate(records):
            self.says[f"{DATABASE}/collections/c{number}/count"] = count

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path not in self.says:
            return web.json_response({"error": "NotFoundError"}, status=404)
        return web.json_response(self.says[request.path])


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_get("/{tail:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    yield made
    await runner.cleanup()


@pytest.fixture
async def chroma(server: Server) -> AsyncIterator[Chroma]:
    session = HttpSession()
    yield Chroma(session, lambda: server.port)
    await session.close()


async def test_collections_and_their_records(chroma: Chroma, server: Server) -> None:
    server.holds(5, 0, 7)
    assert await chroma.holds() == Holds(3, 12)
    server.holds()
    assert await chroma.holds() == Holds(0, 0)


async def test_many_are_not_counted_one_by_one(chroma: Chroma, server: Server) -> None:
    server.holds(*[1] * (MOST_COUNTED + 1))
    assert await chroma.holds() == Holds(MOST_COUNTED + 1, None)
    assert len(server.asked) == 2


@pytest.mark.parametrize("nonsense", [None, "3", {"count": 3}, 1.5, [], True, -1])
async def test_a_number_that_is_none(chroma: Chroma, server: Server, nonsense: object) -> None:
    server.holds(1)
    server.says[f"{DATABASE}/collections_count"] = nonsense
    with pytest.raises(DatabaseUnavailable, match="is not of its API's shape"):
        await chroma.holds()


@pytest.mark.parametrize("nonsense", [None, {}, ["c0"], [None], 1])
async def test_a_list_that_is_none(chroma: Chroma, server: Server, nonsense: object) -> None:
    server.holds(1)
    server.says[f"{DATABASE}/collections"] = nonsense
    with pytest.raises(DatabaseUnavailable):
        await chroma.holds()


async def test_one_that_was_deleted_meanwhile(chroma: Chroma, server: Server) -> None:
    server.holds(1)
    del server.says[f"{DATABASE}/collections/c0/count"]
    with pytest.raises(DatabaseUnavailable, match="it answers 404"):
        await chroma.holds()


async def test_nobody_is_there(server: Server) -> None:
    session = HttpSession()
    with pytest.raises(DatabaseUnavailable, match="cannot ask Chroma at 127"):
        await Chroma(session, unused_port).holds()
    await session.close()


async def test_collections_by_name_with_what_they_hold(server: Server, chroma: Chroma) -> None:
    server.holds(7, 0)
    rows: list[dict[str, Any]] = server.says[f"{DATABASE}/collections"]
    rows[0] |= {"name": "notes", "dimension": 768}
    rows[1] |= {"name": "drafts", "dimension": None}
    assert await chroma.collections() == [
        Collection("drafts", 0, None),
        Collection("notes", 7, 768),
    ]


async def test_of_too_many_collections_only_the_names_are_told(
    server: Server, chroma: Chroma
) -> None:
    server.holds(*[1] * (MOST_COUNTED + 1))
    found = await chroma.collections()
    assert len(found) == MOST_COUNTED + 1
    assert {it.records for it in found} == {None}
    assert len(server.asked) == 1
