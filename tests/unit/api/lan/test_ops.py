"""What tools and browsers get from the LAN's routes that show the machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.api.lan import ops
from tarsd.engine.incident import IncidentStatus
from tarsd.observe.ops_shapes import (
    OpsIncidentList,
    OpsIncidentStory,
    OpsSnapshot,
    OpsSummary,
)
from tests.unit.api.lan.ops_world import STORY, OpsWorld
from tests.unit.observe.pictures import AT, PICTURE, incident, picture, with_incidents


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OpsWorld]:
    made = OpsWorld(tmp_path)
    await made.lan.start()
    yield made
    await made.lan.stop()


async def test_the_documents_have_the_shapes_that_are_described(world: OpsWorld) -> None:
    for path, shape in (
        ("/ops/summary", OpsSummary),
        ("/ops/health-snapshot", OpsSnapshot),
        ("/ops/incidents", OpsIncidentList),
        ("/ops/incidents?open=true&count=1", OpsIncidentList),
        ("/ops/incidents/31", OpsIncidentStory),
    ):
        said = await world.lan.ask("GET", path, "viewer")
        assert (said.status, said.headers["Content-Type"]) == (200, "application/json"), path
        shape.model_validate_json(said.text, strict=True)


async def test_an_incident_with_its_timeline_and_none_for_what_is_no_number(
    world: OpsWorld,
) -> None:
    found = (await world.lan.ask("GET", "/ops/incidents/31", "viewer")).json
    assert (found["status"], found["seconds"]) == ("resolved", 9.4)
    assert [it["kind"] for it in found["entries"]] == ["seen", "did", "resolved"]
    for number in ("32", "0", "x", "9" * 30, "%D9%A3%D9%A1"):
        said = await world.lan.ask("GET", f"/ops/incidents/{number}", "viewer")
        assert (said.status, said.error["kind"]) == (404, "not-found"), number


async def test_an_operator_says_that_he_knows_and_nobody_else_does(world: OpsWorld) -> None:
    open_ = replace(STORY, id=32, resolved=None, status=IncidentStatus.OPEN)
    world.shelf.incidents.append(open_)
    said = await world.lan.ask("POST", "/ops/incidents/32/ack", "operator")
    assert (said.status, said.json["acknowledged"]) == (200, AT)
    assert world.shelf.said == [(32, "operator", "127.0.0.1")]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    page = await world.lan.ask("POST", "/ops/incidents/32/ack", "operator", headers=form)
    assert (page.status, page.headers["Location"]) == (303, "/")
    for number, role, status in (
        (32, "viewer", 403),
        (32, "", 401),
        (31, "operator", 409),
        (99, "operator", 404),
    ):
        said = await world.lan.ask("POST", f"/ops/incidents/{number}/ack", role)
        assert said.status == status, (number, role)
    assert len(world.shelf.said) == 2


async def test_records_that_do_not_answer_are_an_error_there_and_only_there(
    world: OpsWorld,
) -> None:
    world.shelf.silent = True
    said = await world.lan.ask("GET", "/ops/incidents", "viewer")
    assert (said.status, said.error["kind"]) == (503, "state-unavailable")
    assert (await world.lan.ask("GET", "/ops/summary", "viewer")).status == 200
    page = await world.lan.ask("GET", "/", "viewer")
    assert (page.status, "The records do not answer right now" in page.text) == (200, True)


async def test_metrics_for_who_may_read_nothing_else(world: OpsWorld) -> None:
    said = await world.lan.ask("GET", "/metrics", "metrics")
    assert said.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert 'tars_service_up{service="redis"} 1' in said.text
    assert (await world.lan.ask("GET", "/ops/summary", "metrics")).status == 403


async def next_event(stream: Any) -> tuple[str, Any]:
    """Its id, and its data."""
    lines: dict[str, str] = {}
    while True:
        line = (await asyncio.wait_for(stream.readline(), 5)).decode().rstrip("\n")
        name, _, value = line.partition(": ")
        lines[name] = value
        if not line and "data" in lines:
            return lines["id"], json.loads(lines["data"])


async def test_who_listens_hears_the_verdict_now_and_when_it_turns(world: OpsWorld) -> None:
    headers = {"Authorization": "Bearer viewer"}
    async with world.lan.client.get(
        "/ops/events", headers=headers, ssl=world.lan.theirs
    ) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        number, told = await next_event(response.content)
        assert (number, told["overall_status"]) == ("1", "healthy")
        world.show(picture(status=with_incidents(incident(), overall="unhealthy")))
        number, told = await next_event(response.content)
        assert (number, told["incidents_open"]) == ("2", 1)
        assert world.handlers.streams == 1
    await world.until_no_stream_is_open()


async def test_a_stream_lives_and_says_so_and_ends_by_itself(
    world: OpsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "BEAT", 0.05)
    monkeypatch.setattr(ops, "LASTS", 0.3)
    said = await world.lan.ask("GET", "/ops/events", "viewer")
    assert said.text.count(": still here") >= 2
    assert world.handlers.streams == 0


async def test_whoever_is_believed_no_more_is_told_nothing_more(world: OpsWorld) -> None:
    """Also where nobody says that it is so: a token's time is over."""
    headers = {"Authorization": "Bearer viewer"}
    async with world.lan.client.get(
        "/ops/events", headers=headers, ssl=world.lan.theirs
    ) as response:
        await next_event(response.content)
        world.lan.gate.revoked.add("viewer")
        world.show(picture(status=with_incidents(incident(), overall="unhealthy")))
        assert await asyncio.wait_for(response.content.read(), 5) == b""
    assert world.handlers.streams == 0


async def test_one_stream_too_many_is_told_to_come_again(
    world: OpsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "STREAMS", 1)
    headers = {"Authorization": "Bearer viewer"}
    async with world.lan.client.get(
        "/ops/events", headers=headers, ssl=world.lan.theirs
    ) as response:
        await next_event(response.content)
        said = await world.lan.ask("GET", "/ops/events", "viewer")
        assert (said.status, said.error["kind"]) == (503, "busy")
        assert said.headers["Retry-After"] == "30"


async def test_the_page_is_whole_and_asks_for_nothing_elsewhere(world: OpsWorld) -> None:
    said = await world.lan.ask("GET", "/", "viewer")
    assert said.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "exited with &lt;b&gt;status&lt;/b&gt; 137" in said.text
    assert "http" not in said.text.replace('http-equiv="refresh"', "")
    assert " style=" not in said.text
    assert " onclick" not in said.text


async def test_only_who_may_say_that_he_knows_is_asked_to(world: OpsWorld) -> None:
    """Though both look within the second for which a page is kept."""
    world.show(picture(status=with_incidents(incident(), overall="unhealthy")))
    for role, asked in (("operator", True), ("viewer", False), ("operator", True)):
        said = await world.lan.ask("GET", "/", role)
        assert ("I know of it" in said.text) is asked, role
        assert "Sign out" not in said.text, "a token is no session"


async def test_the_files_of_the_page_by_name_and_nothing_beside_them(world: OpsWorld) -> None:
    for name, kind in (
        ("page.css", "text/css"),
        ("page.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ):
        said = await world.lan.ask("GET", f"/static/{name}")
        assert (said.status, said.headers["Content-Type"].partition(";")[0]) == (200, kind)
        assert said.headers["Cache-Control"] == "max-age=3600"
    for name in ("docs.html", "..%2Fpage.py", "%2Fetc%2Fpasswd", "page.css%00"):
        said = await world.lan.ask("GET", f"/static/{name}")
        assert said.status == 404, name


async def test_a_new_picture_is_on_the_next_page(world: OpsWorld) -> None:
    before = await world.lan.ask("GET", "/", "viewer")
    world.show(picture(status=with_incidents(incident(), overall="unhealthy")))
    after = await world.lan.ask("GET", "/", "viewer")
    assert ("All is well" in before.text, "Something does not work" in after.text) == (True, True)
    assert "has lost the GPU" in after.text
    assert PICTURE.status is not None
