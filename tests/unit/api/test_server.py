"""The socket: every answer in one of three envelopes, every mutating call in the audit log."""

import asyncio
import json
import os
import socket as sockets
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tarsd.api.server import BODY_LIMIT
from tarsd.errors import BadRequest, ChangeConflict, EngineUnavailable, TarsError
from tarsd.store import Database, Trouble
from tests.unit.api.caller import Caller
from tests.unit.api.counter import Counter

ME = os.geteuid()


async def test_a_model_and_a_document_are_sync(counter: Counter) -> None:
    counter.total = 4
    assert (await counter.caller.get("/v1/total")).result == {"total": 4}
    assert (await counter.caller.post("/v1/add", {"amount": 3})).result == {"total": 7}


async def test_a_change_is_async(counter: Counter) -> None:
    assert (await counter.caller.post("/v1/begin")).change == "17"


async def test_a_query_is_read(counter: Counter) -> None:
    counter.total = 4
    assert (await counter.caller.get("/v1/total?twice=true")).result == {"total": 8}


async def test_a_path_may_hold_anything(counter: Counter) -> None:
    assert (await counter.caller.get("/v1/echo/%2Fetc%2F%C3%BC%20x")).result == {"word": "/etc/ü x"}


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/totals", "/v2/total", "/v1/total/", "/v1//total"]
)
async def test_a_route_that_there_is_not(counter: Counter, path: str) -> None:
    reply = await counter.caller.get(path)
    assert reply.status == 404
    assert reply.error["kind"] == "not-found"
    assert reply.error["message"] == f"cannot find {path}"


async def test_a_method_that_a_route_has_not(counter: Counter) -> None:
    reply = await counter.caller.post("/v1/total", {})
    assert reply.status == 400
    assert reply.error["message"] == "cannot POST /v1/total"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "as JSON"),
        (b"\xff", "as JSON"),
        (b"[" * 50_000, "JSON"),
        (b"1" * 5000, ""),
        (b"[]", "body"),
        (b"null", "body"),
        (b"{}", "amount"),
        (b'{"amount": "many"}', "amount"),
        (b'{"amount": 1.5}', "amount"),
        (b'{"amount": 1, "amuont": 2}', "amuont"),
        (b'{"amount": 1, "note": 7}', "note"),
    ],
)
async def test_a_body_that_does_not_fit(counter: Counter, body: bytes, words: str) -> None:
    reply = await counter.caller.post("/v1/add", body)
    assert reply.status == 400
    assert reply.error["kind"] == "bad-request"
    assert reply.error["message"].startswith("cannot ")
    assert words in reply.error["message"]
    assert counter.total == 0


@pytest.mark.parametrize("query", ["twice=perhaps", "thrice=true", "twice"])
async def test_a_query_that_does_not_fit(counter: Counter, query: str) -> None:
    reply = await counter.caller.get(f"/v1/total?{query}")
    assert reply.status == 400
    assert reply.error["message"].startswith("cannot use the query: ")


async def test_a_body_that_is_too_large(counter: Counter) -> None:
    body = json.dumps({"amount": 1, "note": "x" * BODY_LIMIT}).encode()
    reply = await counter.caller.post("/v1/add", body)
    assert reply.status == 400
    assert "Too Large" in reply.error["message"]
    assert counter.total == 0


async def test_a_stream_may_be_as_large_as_it_likes(counter: Counter) -> None:
    body = b"x" * (3 * BODY_LIMIT)
    assert (await counter.caller.post("/v1/upload", body)).result == {"size": len(body)}


async def test_no_body_is_an_empty_one(counter: Counter) -> None:
    reply = await counter.caller.post("/v1/add")
    assert "amount" in reply.error["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (
            ChangeConflict("cannot stop: change 17 is running", fix="x", details={"change": "17"}),
            409,
        ),
        (EngineUnavailable("cannot reach the Docker Engine"), 503),
        (BadRequest("cannot use it"), 400),
        (TarsError("cannot answer"), 500),
    ],
)
async def test_an_error_is_told_with_its_status(
    counter: Counter, error: TarsError, status: int
) -> None:
    counter.error = error
    reply = await counter.caller.get("/v1/fail")
    assert reply.status == status
    assert reply.error == error.as_json()


async def test_a_defect_is_an_answer_too_and_leaves_its_trace(counter: Counter) -> None:
    reply = await counter.caller.get("/v1/fail")
    assert reply.status == 500
    assert reply.error["kind"] == "internal"
    assert "ZeroDivisionError" in reply.error["message"]
    assert counter.log.events() == ["api.defect"]


async def test_the_server_tells_no_versions(counter: Counter) -> None:
    for path in ("/v1/total", "/nowhere", "/openapi.json"):
        assert (await counter.caller.get(path)).headers["Server"] == "tarsd"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_the_socket_is_for_its_owner_and_group_alone(
    tmp_path: Path, database: Database, umask: int
) -> None:
    before = os.umask(umask)
    counter = Counter(tmp_path / "s.sock", database)
    try:
        await counter.start()
        assert counter.socket.stat().st_mode & 0o777 == 0o660
        assert os.umask(umask) == umask, "the process keeps its own umask"
    finally:
        os.umask(before)
        await counter.stop()


async def test_a_socket_left_by_a_daemon_that_was_killed_is_no_obstacle(
    tmp_path: Path, database: Database
) -> None:
    with sockets.socket(sockets.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s.sock"))
    counter = Counter(tmp_path / "s.sock", database)
    await counter.start()
    assert (await counter.caller.get("/v1/total")).status == 200
    await counter.stop()


async def test_every_mutating_call_is_audited_with_how_it_was_answered(counter: Counter) -> None:
    counter.error = EngineUnavailable("cannot reach the Docker Engine")
    await counter.caller.post("/v1/add", {"amount": 1})
    await counter.caller.post("/v1/add", b"{")
    await counter.caller.post("/v1/begin")
    await counter.caller.post("/v1/fail")
    await counter.caller.post("/v1/upload", b"x")
    rows = [(row["path"], row["status"], row["change"]) for row in await counter.audited()]
    assert rows == [
        ("/v1/add", 200, None),
        ("/v1/add", 400, None),
        ("/v1/begin", 202, 17),
        ("/v1/fail", 503, None),
        ("/v1/upload", 200, None),
    ]
    assert {row["uid"] for row in await counter.audited()} == {ME}


async def test_a_body_too_large_is_audited_as_it_was_answered(counter: Counter) -> None:
    await counter.caller.post("/v1/add", b"x" * (2 * BODY_LIMIT))
    assert [row["status"] for row in await counter.audited()] == [400]


async def test_looking_is_not_audited(counter: Counter) -> None:
    for path in ("/v1/total", "/v1/fail", "/nowhere", "/openapi.json"):
        await counter.caller.get(path)
    assert await counter.audited() == []


async def test_while_nothing_can_be_recorded_nothing_is_changed(counter: Counter) -> None:
    counter.trouble = Trouble("state.db is on a full disk", "df -h", writable=False)
    reply = await counter.caller.post("/v1/add", {"amount": 1})
    assert reply.status == 503
    assert reply.error["kind"] == "state-unavailable"
    assert reply.error["message"] == "cannot change anything: state.db is on a full disk"
    assert reply.error["fix"] == "df -h"
    assert counter.total == 0
    assert (await counter.caller.get("/v1/total")).status == 200


async def test_an_audit_row_that_cannot_be_written_goes_to_the_log(
    counter: Counter, database: Database
) -> None:
    await database.call(lambda c: c.execute("DROP TABLE audit"))
    assert (await counter.caller.post("/v1/add", {"amount": 1})).result == {"total": 1}
    (lost,) = counter.log.entries
    assert (lost["event"], lost["path"], lost["uid"]) == ("audit.lost", "/v1/add", ME)


async def test_what_was_asked_for_is_done_although_the_client_hangs_up(counter: Counter) -> None:
    asking = asyncio.create_task(counter.caller.post("/v1/slow"))
    await counter.begun.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.sleep(1)
    counter.enough.set()
    await asyncio.sleep(1)
    assert counter.total == 1
    assert [row["status"] for row in await counter.audited()] == [200]


async def test_a_stream_that_breaks_off_is_not_ended_as_if_it_were_whole(counter: Counter) -> None:
    """A second answer in the middle of the first would be garbage; a clean end would be a lie."""
    counter.enough.set()
    async with counter.caller.session.get("/v1/stream") as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert counter.log.events() in (["api.defect"], ["api.broken-off"])
    assert (await counter.caller.get("/v1/total")).status == 200


async def test_a_stop_ends_open_streams_at_once(
    counter: Counter, clock: Callable[[], float]
) -> None:
    async with counter.caller.session.get("/v1/stream") as response:
        assert await response.content.readline() == b"one\n"
        began = clock()
        await counter.stop_server()
        assert clock() - began < 2


async def test_a_stop_waits_for_what_was_begun(counter: Counter) -> None:
    asking = asyncio.create_task(counter.caller.post("/v1/slow"))
    await counter.begun.wait()
    asyncio.get_running_loop().call_later(0.5, counter.enough.set)
    await counter.stop_server()
    assert counter.total == 1
    assert [row["status"] for row in await counter.audited()] == [200]
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_hundred_at_once(counter: Counter) -> None:
    callers = [Caller(counter.socket) for _ in range(10)]
    replies = await asyncio.gather(
        *(caller.post("/v1/add", {"amount": 1}) for caller in callers for _ in range(10))
    )
    assert sorted(reply.result["total"] for reply in replies) == list(range(1, 101))
    for caller in callers:
        await caller.close()
