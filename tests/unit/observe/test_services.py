"""From what the Engine shows and what the owner wants to one row per service and one verdict."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.host.generations import Generation
from tarsd.observe.model import ServiceStatus
from tarsd.observe.services import exit_words, last_event, overall, unknown_status, wish_status
from tarsd.store.intent import Wish
from tests.unit.observe.containers import CONTAINER, ENDED, SERVICE, row


def test_a_healthy_row() -> None:
    found = row("running", "healthy")
    assert found.model_dump() == {
        "name": "redis", "role": "cache", "required": True, "state": "running", "health": "healthy",
        "since": "2026-11-22T03:00:00.000Z", "restarts": 0, "wanted": "running",
        "memory_bytes": 1024, "memory_limit_bytes": 4096, "ports": ["127.0.0.1:6379"],
        "image": "redis:8", "message": None, "answers": None, "wish": None,
    }  # fmt: skip


def test_a_container_that_ended_counts_from_its_end() -> None:
    assert row("exited").since == "2026-11-22T02:59:00.000Z"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (row("missing"), "has no container"),
        (row("exited", exit_code=137), "exited with status 137: killed"),
        (row("exited", exit_code=137, oom_killed=True), "exited with status 137: out of memory"),
        (row("exited", exit_code=127), "exited with status 127: its command cannot be run"),
        (row("exited", exit_code=3), "exited with status 3"),
        (row("restarting", exit_code=1), "exited with status 1"),
        (row("created", error="port is already allocated"), "port is already allocated"),
        (row("running", "unhealthy", health_output="a\nNOAUTH"), "NOAUTH"),
        (row("running", "unhealthy", health_output=""), None),
        (row("running", "starting"), None),
        (row("exited", wanted="stopped"), None),
        (row("missing", wanted="stopped"), None),
        (row("running", wanted="stopped"), "runs, although its owner stopped it"),
    ],
)
def test_the_message_says_what_is_the_matter(found: ServiceStatus, message: str | None) -> None:
    assert found.message == message


def test_a_probe_that_prints_a_book_is_cut() -> None:
    assert len(row("running", "unhealthy", health_output="x" * 9000).message or "") <= 200


@pytest.mark.parametrize("state", ["created", "paused", "removing"])
def test_a_container_that_never_exited_is_not_said_to_have(state: str) -> None:
    """`created` has exit code 0: "exited with status 0" would send the owner the wrong way."""
    assert "exited" not in (row(state).message or "")


def test_without_the_engine_nothing_is_claimed() -> None:
    found = unknown_status(SERVICE, "running")
    assert (found.state, found.health, found.message) == ("unknown", "unknown", None)
    assert found.restarts is found.memory_bytes is found.since is None


WELL = row("running", "healthy")
PLAIN = row("running", "none")
SICK = row("running", "unhealthy")
STARTING = row("running", "starting")
GONE = row("missing")
OPTIONAL_SICK = row("running", "unhealthy", required=False)
OPTIONAL_GONE = row("missing", required=False)
STOPPED = row("exited", wanted="stopped")


@pytest.mark.parametrize(
    ("rows", "verdict", "message"),
    [
        ([WELL, PLAIN], "healthy", "2 of 2 services are healthy"),
        ([WELL, STOPPED], "healthy", "1 of 1 services are healthy, 1 stopped by the owner"),
        ([WELL, STARTING], "degraded", "1 of 2 services are healthy; not redis"),
        ([WELL, OPTIONAL_SICK], "degraded", "1 of 2 services are healthy; not redis"),
        ([WELL, OPTIONAL_GONE], "degraded", "1 of 2 services are healthy; not redis"),
        ([STARTING, SICK], "unhealthy", "0 of 2 services are healthy; not redis, redis"),
        ([WELL, GONE], "unhealthy", "1 of 2 services are healthy; not redis"),
        ([STOPPED, STOPPED], "stopped", "all 2 services were stopped by the owner"),
    ],
)
def test_the_verdict(rows: list[ServiceStatus], verdict: str, message: str) -> None:
    assert overall(rows) == (verdict, message)


ROWS = st.builds(
    row,
    st.sampled_from(["running", "exited", "created", "restarting", "paused", "dead", "missing"]),
    st.sampled_from(["healthy", "starting", "unhealthy", "none"]),
    required=st.booleans(),
    wanted=st.sampled_from(["running", "stopped"]),
)


def serves(it: ServiceStatus) -> bool:
    return it.state == "running" and it.health in ("healthy", "none")


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_the_verdict_of_any_stack(rows: list[ServiceStatus]) -> None:
    """What docs/json.md says of `overall`, said again in another way."""
    verdict, message = overall(rows)
    wanted = [it for it in rows if it.wanted == "running"]
    missed = [it for it in wanted if not serves(it)]
    if not wanted:
        assert verdict == "stopped"
    elif not missed:
        assert verdict == "healthy"
    elif any(it.required and it.health != "starting" for it in missed):
        assert verdict == "unhealthy"
    else:
        assert verdict == "degraded"
    assert message


@given(st.lists(ROWS, min_size=1, max_size=6), ROWS)
def test_one_more_sick_service_never_makes_it_better(
    rows: list[ServiceStatus], more: ServiceStatus
) -> None:
    order = ["stopped", "healthy", "degraded", "unhealthy"]
    if more.wanted == "running" and not serves(more):
        assert order.index(overall([*rows, more])[0]) >= order.index(overall(rows)[0])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"exit_code": 0}, "0"),
        ({"exit_code": 1}, "1"),
        ({"exit_code": 126}, "126: its command cannot be run"),
        ({"exit_code": 134}, "134: aborted"),
        ({"exit_code": 137}, "137: killed"),
        ({"exit_code": 137, "oom_killed": True}, "137: out of memory"),
        ({"exit_code": 139}, "139: crashed"),
        ({"exit_code": 143}, "143: terminated"),
    ],
)
def test_an_exit_status_in_words(facts: dict[str, Any], words: str) -> None:
    assert exit_words(replace(CONTAINER, **facts)) == words


GENERATION = Generation(1, Path("/none"), {"redis": SERVICE, "ollama": SERVICE})


def test_the_last_thing_that_happened_is_the_newest_restart() -> None:
    later = replace(CONTAINER, service="ollama", restarts=1, finished=ENDED + timedelta(seconds=30))
    found = last_event(GENERATION, [replace(CONTAINER, restarts=2), later])
    assert found is not None
    assert found.at == "2026-11-22T02:59:30.000Z"
    assert found.text.startswith("ollama ")
    assert "the Engine started it again" in found.text


@pytest.mark.parametrize(
    "facts", [{"restarts": 0}, {"finished": None}, {"state": "exited"}, {"service": "nginx"}]
)
def test_what_was_not_restarted_by_the_engine_is_no_event(facts: dict[str, Any]) -> None:
    assert last_event(GENERATION, [replace(CONTAINER, **{"restarts": 1, **facts})]) is None


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (
            "docker stop seen at 2026-11-22T03:10:00.000Z",
            ("docker", "docker stop", "2026-11-22T03:10:00.000Z"),
        ),
        (
            "docker stop while nobody watched, at 2026-11-22T03:10:00.000Z",
            ("docker", "docker stop while nobody watched", "2026-11-22T03:10:00.000Z"),
        ),
        ("stop redis", ("tarsctl", "stop redis", "2026-11-22T03:11:00.000Z")),
        ("", ("tarsctl", "", "2026-11-22T03:11:00.000Z")),
    ],
)
def test_who_said_what_is_wanted(reason: str, shown: tuple[str, str, str]) -> None:
    """A `docker stop` counts from when it was done, not from when it was understood."""
    wish = wish_status(Wish("stopped", "2026-11-22T03:11:00.000Z", reason))
    assert wish is not None
    assert (wish.by, wish.reason, wish.at) == shown


def test_nobody_has_said_anything() -> None:
    assert wish_status(None) is None
