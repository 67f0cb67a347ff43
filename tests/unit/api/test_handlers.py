"""Each resource, asked of a whole daemon over its socket."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import cast

import aiohttp
import pytest

from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.route import Call
from tarsd.host.compose import Resolved
from tarsd.settings import Settings
from tarsd.version import VERSION
from tests.unit.api.caller import Caller
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="the route asks for root")


async def ended(api: Caller, change: str) -> dict[str, object]:
    """The change, watched until its end as tarsctl does."""
    seen = ""
    for _ in range(200):
        found = (await api.get(f"/v1/changes/{change}/wait?timeout=30{seen}")).result
        if found["ended"]:
            return found
        seen = f"&after={found['revision']}"
    raise AssertionError(f"change {change} never ended")


async def install(api: Caller, **answers: bool) -> dict[str, object]:
    found = await ended(api, (await api.post("/v1/install", answers)).change)
    assert found["status"] == "done", found
    return found


async def test_version(api: Caller) -> None:
    found = (await api.get("/v1/version")).result
    assert (found["version"], found["pid"]) == (VERSION, os.getpid())
    assert found["uptime_seconds"] >= 0


async def test_status_before_and_after_an_install(api: Caller) -> None:
    assert (await api.get("/v1/status")).result["overall"] == "stopped"
    found = await install(api)
    assert found["result"]["verdict"] == "GO"  # type: ignore[index]
    status = (await api.get("/v1/status")).result
    assert (status["overall"], status["generation"]) == ("healthy", 1)
    assert status["last"]["text"] == "install the stack: done"


async def test_settings_in_force_and_where_they_come_from(api: Caller, home: Home) -> None:
    settings = (await api.get("/v1/config")).result["settings"]
    assert settings["start.deadline"] == {"value": 10, "source": f"{home.paths.settings}:2"}
    assert settings["log.level"] == {"value": "info", "source": "default"}


async def test_a_check_of_the_files_takes_nothing_over(api: Caller, home: Home) -> None:
    home.paths.settings.write_text("[start]\ndeadline = 1\n")
    found = (await api.get("/v1/config/check")).result
    assert found["valid"] is False
    assert found["files"] == [str(home.paths.settings)]
    (error,) = found["errors"]
    assert (error["line"], error["key"]) == (2, "start.deadline")
    assert home.app.configured.settings.start.deadline == 10


async def test_a_check_has_compose_read_the_override(api: Caller, home: Home) -> None:
    home.paths.override.write_text("services: {redis: {image: 7}}\n")
    home.compose.fails["config"] = "services.redis.image must be a string\n"
    found = (await api.get("/v1/config/check")).result
    assert found["valid"] is False
    assert found["files"][-1] == str(home.paths.override)
    (error,) = found["errors"]
    assert error["file"] == str(home.paths.override)
    assert error["message"] == "is refused: Compose says: services.redis.image must be a string"
    home.compose.fails.clear()
    assert (await api.get("/v1/config/check")).result["valid"] is True


async def test_a_check_tells_what_compose_warns_of(api: Caller, home: Home) -> None:
    home.paths.override.write_text("services: {redis: {labels: {x: $FOO}}}\n")
    home.compose.warns = r'level=warning msg="The \"FOO\" variable is not set."'
    found = (await api.get("/v1/config/check")).result
    assert (found["valid"], found["errors"]) == (True, [])
    (warning,) = found["warnings"]
    assert (warning["id"], warning["subject"]) == ("compose.warning", "stack")
    assert warning["summary"] == 'The "FOO" variable is not set.'


async def test_an_override_that_could_not_be_read_is_said_to_be_unchecked(
    api: Caller, home: Home
) -> None:
    home.paths.override.write_text("services: {}\n")
    (home.plugins / "docker-compose").unlink()
    found = (await api.get("/v1/config/check")).result
    assert (found["valid"], found["errors"]) == (True, [])
    assert "Docker Compose v2 is not installed" in found["unchecked"]


async def test_a_compose_that_hangs_does_not_keep_the_answer(home: Home) -> None:
    home.paths.override.write_text("services: {}\n")
    never = asyncio.Event()

    async def hang(_: Settings) -> Resolved:
        try:
            await never.wait()
        finally:
            await asyncio.sleep(15)  # a job that is stopped takes its time
        return Resolved({}, ())

    handlers = ConfigHandlers(home.paths, lambda: home.app.configured.config, home.app.reload, hang)
    loop = asyncio.get_running_loop()
    started = loop.time()
    call = cast("Call", None)  # a check looks at nothing of its call
    first = await handlers.check(call)
    again = await handlers.check(call)
    assert loop.time() - started < 1.9  # seconds: tarsctl waits 2
    assert "gives no answer" in first["unchecked"]
    assert "still busy" in again["unchecked"]


@root_only
async def test_a_reload_takes_valid_files_over_and_refuses_others(api: Caller, home: Home) -> None:
    home.paths.settings.write_text("[start]\ndeadline = 40\n")
    assert (await api.post("/v1/config/reload")).result["valid"] is True
    home.paths.settings.write_text("[start]\ndeadline = 1\n")
    reply = await api.post("/v1/config/reload")
    assert (reply.status, reply.error["kind"]) == (422, "config-invalid")
    assert reply.error["details"]["errors"][0]["key"] == "start.deadline"
    assert home.app.configured.settings.start.deadline == 40


async def test_broken_files_at_the_start_are_a_problem_until_they_are_mended(
    api: Caller, home: Home
) -> None:
    home.paths.settings.write_text("[start]\ndeadline = 1\n")
    await home.crash()
    (problem,) = home.app.problems()
    assert problem.id == "config.invalid"
    assert f"{home.paths.settings}:2: start.deadline" in problem.message
    assert problem.message.endswith("the last good settings are in force")
    home.paths.settings.write_text("")
    home.app.reload()
    assert home.app.problems() == []


@pytest.mark.parametrize("body", [{"action": "stop"}, {"action": "start", "services": ["redis"]}])
async def test_before_an_install_there_is_nothing_to_start_or_stop(
    api: Caller, body: dict[str, object]
) -> None:
    reply = await api.post("/v1/services", body)
    assert (reply.status, reply.error["kind"]) == (409, "not-installed")
    assert reply.error["fix"] == "sudo tarsctl install"


async def test_a_service_that_there_is_not(api: Caller) -> None:
    await install(api)
    for reply in (
        await api.post("/v1/services", {"action": "stop", "services": ["redis", "rediss"]}),
        await api.get("/v1/services/rediss/logs"),
    ):
        assert (reply.status, reply.error["kind"]) == (404, "unknown-service")
        assert "'rediss'; there are: postgres, redis" in reply.error["message"]
    assert len((await api.get("/v1/changes")).result["changes"]) == 1


async def test_an_action_that_there_is_not(api: Caller) -> None:
    await install(api)
    reply = await api.post("/v1/services", {"action": "destroy"})
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")


async def test_none_named_means_all(api: Caller, home: Home) -> None:
    await install(api)
    await ended(api, (await api.post("/v1/services", {"action": "stop"})).change)
    assert {it.state for it in home.engine.containers.values()} == {"exited"}
    assert (await api.get("/v1/status")).result["overall"] == "stopped"


async def test_a_second_install_at_once_is_a_conflict(api: Caller, home: Home) -> None:
    home.engine.hang("/info")
    first = (await api.post("/v1/install", {})).change
    reply = await api.post("/v1/install", {})
    assert (reply.status, reply.error["kind"]) == (409, "change-conflict")
    assert reply.error["details"]["change"] == first
    assert reply.error["fix"] == f"tarsctl watch {first}"


async def test_an_abort_takes_back_what_was_done(api: Caller, home: Home) -> None:
    home.compose.starts["redis"] = FakeContainer("redis", healthy_after=9999)
    change = (await api.post("/v1/install", {})).change
    await asyncio.sleep(5)
    reply = (await api.post(f"/v1/changes/{change}/abort")).result
    assert reply["id"] == change
    found = await ended(api, change)
    assert found["status"] == "undone"
    assert found["error"]["kind"] == "aborted"  # type: ignore[index]
    assert home.engine.containers == {}


async def test_changes_newest_first_and_one_by_one(api: Caller) -> None:
    await install(api)
    await ended(api, (await api.post("/v1/services", {"action": "stop"})).change)
    listed = (await api.get("/v1/changes")).result["changes"]
    assert [it["kind"] for it in listed] == ["stop", "install"]
    assert (await api.get(f"/v1/changes/{listed[0]['id']}")).result["kind"] == "stop"


@pytest.mark.parametrize("id_", ["99", "0", "-1", "x", "9" * 30, "1%20or%201"])
async def test_a_change_that_there_is_not(api: Caller, id_: str) -> None:
    for reply in (
        await api.get(f"/v1/changes/{id_}"),
        await api.get(f"/v1/changes/{id_}/wait"),
        await api.post(f"/v1/changes/{id_}/abort"),
    ):
        assert (reply.status, reply.error["kind"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("2", 2), ("0", 0), ("-5", 0), ("1.5", 1.5), ("1e9", 55), ("inf", 55)]
)
async def test_a_wait_is_as_long_as_asked_for_but_never_longer_than_a_minute(
    api: Caller, home: Home, clock: Callable[[], float], timeout: str, seconds: float
) -> None:
    home.engine.hang()
    await home.engine.stop()
    home.compose.starts["redis"] = FakeContainer("redis", healthy_after=9999)
    await home.engine.start()
    home.engine.recover()
    change = (await api.post("/v1/install", {})).change
    home.engine.hang()
    await asyncio.sleep(0.5)
    seen = (await api.get(f"/v1/changes/{change}")).result["revision"]
    began = clock()
    await api.get(f"/v1/changes/{change}/wait?after={seen}&timeout={timeout}")
    assert clock() - began <= seconds + 1


@pytest.mark.parametrize("query", ["timeout=soon", "after=one", "timeout=nan", "before=3"])
async def test_a_wait_that_makes_no_sense(api: Caller, query: str) -> None:
    await install(api)
    reply = await api.get(f"/v1/changes/1/wait?{query}")
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")


async def test_an_archive_goes_through_to_the_engine(api: Caller, home: Home) -> None:
    home.engine.load_lines = ['{"stream": "Loaded image: redis:8\\n"}']
    archive = os.urandom(3_000_000)
    assert (await api.post("/v1/images/load", archive)).result == {"loaded": ["redis:8"]}
    assert home.engine.loads == [archive]


async def test_an_archive_that_the_engine_refuses(api: Caller, home: Home) -> None:
    home.engine.load_lines = ['{"error": "unexpected EOF"}']
    reply = await api.post("/v1/images/load", b"half")
    assert (reply.status, reply.error["kind"]) == (422, "archive-invalid")


async def test_no_archive_is_sent_to_an_engine_that_could_not_run_the_stack(
    api: Caller, home: Home
) -> None:
    home.engine.info["SecurityOptions"] = ["name=rootless"]
    reply = await api.post("/v1/images/load", b"x")
    assert (reply.status, reply.error["kind"]) == (503, "engine-unavailable")
    assert "rootless" in reply.error["message"]
    assert home.engine.loads == []


async def test_an_archive_while_the_engine_is_down(api: Caller, home: Home) -> None:
    await home.engine.stop()
    reply = await api.post("/v1/images/load", b"x")
    assert (reply.status, reply.error["kind"]) == (503, "engine-unavailable")


async def test_logs_are_plain_text_of_both_streams(api: Caller, home: Home) -> None:
    await install(api)
    home.engine.containers["redis"].log = [(1, b"one\n"), (2, b"two\n"), (1, b"three\n")]
    async with api.session.get("/v1/services/redis/logs?lines=2") as response:
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert await response.text() == "two\nthree\n"


async def test_logs_of_a_service_without_a_container(api: Caller, home: Home) -> None:
    await install(api)
    home.engine.containers.clear()
    reply = await api.get("/v1/services/redis/logs")
    assert reply.status == 404
    assert reply.error["fix"] == "tarsctl start redis"


@pytest.mark.parametrize("query", ["lines=many", "lines=-1", "follow=perhaps", "tail=5"])
async def test_logs_asked_for_in_a_way_that_makes_no_sense(api: Caller, query: str) -> None:
    await install(api)
    reply = await api.get(f"/v1/services/redis/logs?{query}")
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")


async def test_followed_logs_come_at_once_and_end_with_the_daemon(api: Caller, home: Home) -> None:
    await install(api)
    home.engine.containers["redis"].log = [(1, b"one\n")]
    async with api.session.get("/v1/services/redis/logs?follow=true") as response:
        assert await response.content.readline() == b"one\n"
        await asyncio.wait_for(home.app.server.stop(), 2)


async def test_followed_logs_of_an_engine_that_goes_away_break_off(api: Caller, home: Home) -> None:
    await install(api)
    home.engine.containers["redis"].log = [(1, b"one\n")]
    async with api.session.get("/v1/services/redis/logs?follow=true") as response:
        assert await response.content.readline() == b"one\n"
        await home.engine.stop()
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(response.read(), 30)


async def test_logs_while_the_engine_is_down_are_an_error_and_not_empty(
    api: Caller, home: Home
) -> None:
    await install(api)
    await home.engine.stop()
    reply = await api.get("/v1/services/redis/logs")
    assert (reply.status, reply.error["kind"]) == (503, "engine-unavailable")


@root_only
async def test_an_uninstall_before_an_install(api: Caller) -> None:
    reply = await api.post("/v1/uninstall", {})
    assert (reply.status, reply.error["kind"]) == (409, "not-installed")


@root_only
@pytest.mark.parametrize("machine", [None, "", "somebody-elses"])
async def test_data_is_removed_only_by_the_machines_own_name(
    api: Caller, home: Home, machine: str | None
) -> None:
    await install(api)
    reply = await api.post("/v1/uninstall", {"purge_data": True, "machine": machine})
    assert (reply.status, reply.error["kind"]) == (409, "wrong-machine")
    assert socket.gethostname() in reply.error["message"]
    assert reply.error["fix"].startswith("sudo tarsctl uninstall --purge-data --machine ")
    assert home.engine.containers
    assert home.engine.volumes


@root_only
@pytest.mark.parametrize("purge", ["yes", 1, "on"])
async def test_what_cannot_be_taken_back_asks_for_a_plain_true(
    api: Caller, home: Home, purge: object
) -> None:
    await install(api)
    body = {"purge_data": purge, "machine": socket.gethostname()}
    reply = await api.post("/v1/uninstall", body)
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")
    assert home.engine.volumes


@root_only
async def test_an_uninstall_with_the_data(api: Caller, home: Home) -> None:
    await install(api)
    body = {"purge_data": True, "machine": socket.gethostname()}
    found = await ended(api, (await api.post("/v1/uninstall", body)).change)
    assert found["status"] == "done", found
    assert home.engine.volumes == {}
    assert (await api.get("/v1/status")).result["installed"] is False
