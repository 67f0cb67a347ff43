"""Incidents over the socket: looked at, acknowledged, closed, released."""

import asyncio
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.engine.incident import EntryKind, Incident
from tarsd.errors import StateUnavailable
from tests.unit.api.caller import Caller
from tests.unit.home import Home


async def found(home: Home, status: Status, subject: str = "redis") -> None:
    finding = Finding("service.hung", subject, status, f"{subject} hangs", "tarsctl logs redis")
    await home.app.incidents.take([finding])


@pytest.fixture
async def two(home: Home) -> Home:
    """One that is over and one that is open."""
    await found(home, Status.FAIL)
    await found(home, Status.PASS)
    await found(home, Status.FAIL, "webui")
    return home


async def test_none_yet(api: Caller) -> None:
    assert (await api.get("/v1/incidents")).result == {"incidents": [], "mttr": [], "unreadable": 0}


async def test_the_newest_first_with_what_they_are(api: Caller, two: Home) -> None:
    answer = (await api.get("/v1/incidents")).result
    assert [(it["id"], it["subject"], it["status"]) for it in answer["incidents"]] == [
        ("2", "webui", "open"), ("1", "redis", "resolved"),
    ]  # fmt: skip
    assert answer["incidents"][1]["seconds"] >= 0
    (mttr,) = answer["mttr"]
    assert (mttr["fault"], mttr["count"]) == ("service.hung", 1)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("open=true", ["2"]),
        ("count=1", ["2"]),
        ("since=24h", ["2", "1"]),
        ("since=0s", ["2"]),
        ("since=2001-01-01", ["2", "1"]),
        ("since=999999d", ["2", "1"]),
        ("since=2100-01-01T00:00:00Z", ["2"]),
        ("open=true&since=1d&count=500", ["2"]),
    ],
)
async def test_a_part_of_them(api: Caller, two: Home, query: str, ids: list[str]) -> None:
    await asyncio.sleep(0.01)
    answer = (await api.get(f"/v1/incidents?{query}")).result
    assert [it["id"] for it in answer["incidents"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        "open=maybe",
        "count=0",
        "count=501",
        "since=soon",
        "since=24y",
        "since=",
        "x=1",
        "since=0001-01-01T00:00:00%2B23:59",
    ],
)
async def test_a_query_that_makes_no_sense(api: Caller, query: str) -> None:
    reply = await api.get(f"/v1/incidents?{query}")
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")


async def test_one_with_its_story_and_what_is_kept_of_it(api: Caller, two: Home) -> None:
    place = two.paths.evidence / "1"
    place.mkdir(parents=True)
    (place / "20261122T031204Z-container.log").touch()
    answer = (await api.get("/v1/incidents/1")).result
    assert [it["kind"] for it in answer["entries"]] == ["seen", "resolved"]
    assert answer["evidence"] == ["20261122T031204Z-container.log"]
    assert answer["evidence_path"] == str(place)


@pytest.mark.parametrize("id_", ["99", "0", "-1", "x", "9" * 30, "1%20or%201"])
async def test_one_that_there_is_not(api: Caller, two: Home, id_: str) -> None:
    for reply in (
        await api.get(f"/v1/incidents/{id_}"),
        await api.post(f"/v1/incidents/{id_}/ack"),
        await api.post(f"/v1/incidents/{id_}/resolve"),
        await api.post(f"/v1/incidents/{id_}/release"),
    ):
        assert (reply.status, reply.error["kind"]) == (404, "not-found")


async def test_the_owners_words(api: Caller, two: Home) -> None:
    (incident,) = two.app.incidents.unresolved
    await two.app.incidents.hold(incident, "still hung", 1800)
    assert (await api.get("/v1/incidents/2")).result["status"] == "held"
    answer = (await api.post("/v1/incidents/2/release")).result
    assert (answer["status"], answer["attempts"], answer["next_try"]) == ("open", 0, None)
    assert (await api.post("/v1/incidents/2/ack")).result["acknowledged"] is not None
    answer = (await api.post("/v1/incidents/2/resolve")).result
    assert (answer["status"], answer["by_owner"]) == ("resolved", True)
    reply = await api.post("/v1/incidents/2/release")
    assert (reply.status, reply.error["kind"]) == (409, "incident-over")
    assert [it["kind"] for it in (await api.get("/v1/incidents/2")).result["entries"]] == [
        "seen", "held", "owner", "owner", "owner",
    ]  # fmt: skip


async def test_words_are_in_the_audit_log(api: Caller, two: Home) -> None:
    await api.post("/v1/incidents/2/ack")
    rows = await two.app.database.read(
        lambda c: [tuple(row) for row in c.execute("SELECT method, path, status FROM audit")]
    )
    assert rows == [("POST", "/v1/incidents/2/ack", 200)]


async def test_figures_are_those_of_now(api: Caller, two: Home) -> None:
    for seconds in (5, 15):
        words = f"it has not answered for {seconds} s"
        await two.app.incidents.take([Finding("service.hung", "redis", Status.FAIL, words)])
    for path in ("/v1/incidents", "/v1/incidents?open=true"):
        rows: list[dict[str, Any]] = (await api.get(path)).result["incidents"]
        (row,) = [it for it in rows if it["subject"] == "redis"]
        assert row["summary"] == "it has not answered for 15 s"


async def test_what_is_open_is_told_on_a_disk_that_gives_no_answer(
    api: Caller, two: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> object:
        raise StateUnavailable("cannot read state.db: the disk has not answered for 1.3 s")

    monkeypatch.setattr(two.app.database, "read", silent)
    answer = (await api.get("/v1/incidents?open=true")).result
    assert ([it["id"] for it in answer["incidents"]], answer["mttr"]) == (["2"], None)
    assert (await api.get("/v1/incidents")).result == answer, "what is over is not known"
    story = (await api.get("/v1/incidents/2")).result
    assert (story["subject"], story["entries"]) == ("webui", [])
    assert (await api.get("/v1/incidents/1")).error["kind"] == "state-unavailable"


async def test_what_the_disk_has_not_taken_is_told_before_the_rest(
    api: Caller, two: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the disk is read-only is an incident, too."""

    async def refuses(*_: object) -> object:
        raise StateUnavailable("cannot record anything: attempt to write a readonly database")

    monkeypatch.setattr(two.app.database, "call", refuses)
    await two.app.incidents.take([Finding("fs.read-only", "/x", Status.FAIL, "/x is read-only")])
    for query, ids in (("", [None, "2", "1"]), ("?count=2", [None, "2"]), ("?open=1", [None, "2"])):
        answer = (await api.get(f"/v1/incidents{query}")).result
        assert [it["id"] for it in answer["incidents"]] == ids, query


async def test_status_names_what_is_open_and_shows_it_next(api: Caller, two: Home) -> None:
    status = (await api.get("/v1/status")).result
    (brief,) = status["incidents"]["open"]
    assert (brief["id"], brief["status"], brief["severity"]) == ("2", "open", "fail")
    assert status["incidents"]["last"]["id"] == "1"
    assert status["next"] == "tarsctl incidents show 2"
    await api.post("/v1/incidents/2/ack")
    assert (await api.get("/v1/status")).result["next"] == "sudo tarsctl install"


async def test_rows_that_make_no_sense_are_a_problem(api: Caller, two: Home) -> None:
    await two.app.database.call(
        lambda c: c.execute("UPDATE incident SET status = 'odd' WHERE id = 1")
    )
    assert (await api.get("/v1/incidents")).result["unreadable"] == 1
    problems = (await api.get("/v1/status")).result["problems"]
    assert [it["id"] for it in problems] == ["state.rows", "service.hung"]


async def test_a_crash_forgets_nothing(home: Home) -> None:
    await found(home, Status.FAIL)
    (incident,) = home.app.incidents.unresolved
    await home.app.incidents.hold(incident, "still hung", 1800)
    await home.crash()
    await home.app.incidents.load()
    (after,) = home.app.incidents.unresolved
    assert (after.id, after.status.value) == (incident.id, "held")
    story: Incident | None = await home.app.incidents.ledger.get(after.id)
    assert story is not None
    assert [it.kind for it in story.entries] == [EntryKind.SEEN, EntryKind.HELD]
