"""The status screen, as a person sees it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.ctl.console import Paint
from tarsd.ctl.status_screen import screen
from tests.unit.ctl.facts import Json, service, stack, status
from tests.unit.ctl.fake_daemon import FakeDaemon, sync
from tests.unit.ctl.runs import Tarsctl

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Status

HEALTHY = """\
attic: healthy · 4 of 4 services are healthy · up 12 d 4 h · generation 7

SERVICE   STATE    ANSWERS      SINCE     RESTARTS  MEMORY            PORTS
ollama    running  deep  41 ms  12 d 4 h  0         9.1 GiB           127.0.0.1:11434
chromadb  running  ready  1 ms  12 d 4 h  0         118 MiB / 2 GiB   -
postgres  running  ready  1 ms  12 d 4 h  0         96 MiB / 512 MiB  127.0.0.1:5432
redis     running  ready  1 ms  12 d 4 h  1         11 MiB / 512 MiB  127.0.0.1:6379

GPU   NVIDIA GeForce RTX 4090 · driver 550.54.14
NAS   //nas/docs · mounted at /mnt/nas/docs
Disk  412 GiB free (44 %) · /var/lib/docker

Next: tarsctl logs redis
"""

TROUBLED = """\
attic: unhealthy · 1 of 4 services is healthy · up 41 s · generation 7

SERVICE   STATE    ANSWERS      SINCE     RESTARTS  MEMORY   PORTS
ollama    running  deep  41 ms  12 d 4 h  0         9.1 GiB  127.0.0.1:11434
chromadb  missing  -            -         -         -        -
postgres  exited   -            -         3         -        127.0.0.1:5432
  FATAL: could not write to file "pg_wal/xlogtemp.31": No space left on device;
  the Engine has given up starting it
redis     running  unhealthy    41 s      0         11 MiB   127.0.0.1:6379

GPU     NVIDIA GeForce RTX 4090 · driver 550.54.14
        NVIDIA GeForce GTX 1060 · it has fallen off the bus
NAS     //nas/docs · not mounted at /mnt/nas/docs · the server refuses the
        password
Disk    unknown · /var/lib/docker · statfs does not return
Change  17 · restart redis · running since today 03:11
Last    yesterday 22:10 · redis exited (137: killed); the Engine started it
        again

Problems
  disk.full       /var/lib/docker: 0 bytes are free; databases stop writing
                  fix: docker system df
  config.invalid  settings: ports.webui must be a port from 1 to 65535, not
                  "http"
                  fix: tarsctl config check

Next: tarsctl logs postgres
"""

NOT_INSTALLED = """\
attic: nothing installed yet

Engine  down · /var/run/docker.sock: connection refused
GPU     none
NAS     not configured
Disk    unknown

Next: sudo tarsctl install
"""


def drawn(facts: Json, width: int | None = None) -> str:
    lines = screen(cast("Status", facts), width, Paint(enabled=False))
    return "".join(f"{line}\n" for line in lines)


def troubled() -> Json:
    gone = "No space left on device; the Engine has given up starting it"
    services = [
        stack()[0],
        service("chromadb", state="missing", health="none", since=None, restarts=None,
                memory_bytes=None, ports=[]),
        service("postgres", state="exited", health="none", since=None, restarts=3,
                memory_bytes=None, ports=["127.0.0.1:5432"],
                message=f'FATAL: could not write to file "pg_wal/xlogtemp.31": {gone}'),
        service("redis", health="unhealthy", since="2026-11-22T03:11:23.000Z"),
    ]  # fmt: skip
    nas = {**status()["nas"], "mounted": False, "message": "the server refuses the password"}
    lost = {"name": "NVIDIA GeForce GTX 1060", "driver": None,
            "message": "it has fallen off the bus"}  # fmt: skip
    unsaid = 'ports.webui must be a port from 1 to 65535, not "http"'
    return status(
        overall="unhealthy",
        message="1 of 4 services is healthy",
        since="2026-11-22T03:11:23.000Z",
        services=services,
        gpu=[*status()["gpu"], lost],
        nas=nas,
        disk={"path": "/var/lib/docker", "free_bytes": None, "message": "statfs does not return"},
        last={
            "at": "2026-11-21T22:10:00.000Z",
            "text": "redis exited (137: killed); the Engine started it again",
        },
        change={
            "id": "17",
            "kind": "restart",
            "summary": "restart redis",
            "started": "2026-11-22T03:11:00.000Z",
        },
        problems=[
            {
                "id": "disk.full",
                "subject": "/var/lib/docker",
                "message": "0 bytes are free; databases stop writing",
                "fix": "docker system df",
            },
            {
                "id": "config.invalid",
                "subject": "settings",
                "message": unsaid,
                "fix": "tarsctl config check",
            },
        ],
        next="tarsctl logs postgres",
    )


def test_all_is_well(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    ran = tarsctl("status")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == HEALTHY


def test_all_sorts_of_trouble_on_eighty_columns() -> None:
    assert drawn(troubled(), 80) == TROUBLED


def test_trouble_is_no_failure_of_asking(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(troubled()))
    assert tarsctl("status").status == 0


def test_nothing_installed() -> None:
    facts = status(
        overall="stopped",
        installed=False,
        generation=None,
        since=None,
        services=[],
        engine={"status": "down", "message": "/var/run/docker.sock: connection refused"},
        gpu=[],
        nas={"configured": False},
        disk=None,
        next=None,
    )
    assert drawn(facts) == NOT_INSTALLED


def test_json_is_the_result_with_its_schema_first(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    ran = tarsctl("status", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == {"schema": 1, **status()}
    assert ran.out.startswith('{\n  "schema": 1,\n  "machine": "attic",')


def test_quiet_leaves_the_hint_out(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/status", sync(status()))
    assert tarsctl("status", "--quiet").out == HEALTHY.removesuffix("\nNext: tarsctl logs redis\n")


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        (85, "SERVICE STATE ANSWERS SINCE RESTARTS MEMORY PORTS"),
        (80, "SERVICE STATE ANSWERS SINCE RESTARTS MEMORY PORTS"),
        (71, "SERVICE STATE ANSWERS SINCE RESTARTS MEMORY"),
        (50, "SERVICE STATE ANSWERS SINCE RESTARTS"),
        (40, "SERVICE STATE ANSWERS SINCE"),
        (30, "SERVICE STATE ANSWERS"),
        (5, "SERVICE STATE ANSWERS"),
    ],
)
def test_narrow_terminal_costs_columns(columns: int, titles: str) -> None:
    lines = drawn(status(), columns).splitlines()
    table = next(number for number, line in enumerate(lines) if line.startswith("SERVICE"))
    assert lines[table].split() == titles.split()
    assert all(len(line) <= max(columns, 30) for line in lines[table : table + 5])


def test_no_line_is_longer_than_a_narrow_terminal_nor_broken_inside_a_word() -> None:
    facts = troubled()
    facts["problems"][0]["fix"] = "sudo ss -ltnp 'sport = :8080'; free it, or set another port"
    facts["message"] = "2 of 4 services are healthy; not chromadb, postgres"
    whole = drawn(facts, None)
    for columns in (60, 80, 200):
        lines = drawn(facts, columns).splitlines()
        assert max(len(line) for line in lines) <= columns
        assert facts["message"] in " ".join(" ".join(lines).split())
        assert {word for line in lines for word in line.split()} <= set(whole.split())


def test_memory_limit_is_the_first_to_go() -> None:
    assert "118 MiB / 2 GiB" in drawn(status(), 85)
    assert "118 MiB  -" in drawn(status(), 84)


def test_colour_marks_states_and_nothing_else() -> None:
    lines = screen(cast("Status", troubled()), 80, Paint(enabled=True))
    painted = {word.split("\x1b[0m")[0] for line in lines for word in line.split("\x1b[")[1:]}
    assert painted - {"0m", ""} >= {"31munhealthy", "32mrunning", "31mexited", "31mmissing"}
    plain = screen(cast("Status", troubled()), 80, Paint(enabled=False))
    assert [len(line) for line in map(_without_colour, lines)] == [len(line) for line in plain]


def _without_colour(line: str) -> str:
    for code in ("31", "32", "33", "0"):
        line = line.replace(f"\x1b[{code}m", "")
    return line


@pytest.mark.parametrize(
    ("facts", "cell"),
    [
        ({}, "ready  1 ms"),
        ({"answers": {"level": "ready", "latency_ms": 0.4}}, "ready <1 ms"),
        ({"answers": {"level": "deep", "latency_ms": 1234.5}}, "deep  1234 ms"),
        ({"answers": {"level": "live", "latency_ms": None}}, "live"),
        ({"answers": {"level": None, "message": "no answer within 5 s"}}, "asked again"),
        ({"answers": None}, "healthy"),
        ({"answers": None, "health": "none"}, "-"),
        ({"health": "starting"}, "starting"),
        ({"health": "unhealthy"}, "unhealthy"),
    ],
)
def test_the_answer_of_a_service(facts: Json, cell: str) -> None:
    """One that is not well is never shown with a figure, however quickly it says that it is ill."""
    table = drawn(status(services=[service("redis", **facts)])).splitlines()[2:4]
    at = table[0].index("ANSWERS")
    assert table[1][at:].split("  12 d")[0].rstrip() == cell


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        (
            {"at": "2026-11-22T03:10:00.000Z", "by": "docker", "reason": "docker stop"},
            "stopped by its owner (docker stop) · today 03:10",
        ),
        (
            {"at": "2026-11-21T03:10:00.000Z", "by": "tarsctl", "reason": "stop redis"},
            "stopped by its owner (tarsctl: stop redis) · yesterday 03:10",
        ),
    ],
)
def test_who_stopped_a_service_how_and_when(wish: Json, line: str) -> None:
    stopped = service("redis", state="exited", health="none", wanted="stopped", wish=wish)
    assert f"\n  {line}\n" in drawn(status(services=[stopped]))
    assert "stopped by" not in drawn(status(services=[service("redis", wish=wish)]))


def test_the_boot() -> None:
    boot: Json = {"at": "2026-11-22T03:10:00.000Z", "verdict": "GO", "seconds": 41.2, "services": 4,
            "missing": []}  # fmt: skip
    assert "\nBoot  today 03:10 · GO after 41 s\n" in drawn(status(boot=boot))
    boot |= {"verdict": "NO-GO", "missing": ["redis: hangs", "NAS: nothing is mounted"]}
    assert (
        "\nBoot  today 03:10 · NO-GO after 41 s · redis: hangs; NAS: nothing is mounted\n"
        in drawn(status(boot=boot))
    )


def test_an_incident_that_is_a_problem_is_told_once() -> None:
    brief = {"id": "32", "fault": "service.hung", "subject": "redis", "status": "held",
             "severity": "fail", "summary": "hangs: no answer", "opened": "2026-11-22T03:10:00.000Z",
             "next_try": None, "acknowledged": None}  # fmt: skip
    drift = {**brief, "id": "33", "fault": "stack.drift", "status": "open", "summary": "is old"}
    problem = {"id": "service.hung", "subject": "redis", "message": "hangs: no answer; held",
               "fix": "tarsctl incidents show 32", "incident": "32"}  # fmt: skip
    sick = [service("redis", health="unhealthy", message="hangs: no answer")]
    open_ = {"open": [brief, drift], "held": 1}
    told = drawn(status(services=sick, incidents=open_, problems=[problem]))
    assert told.count("hangs: no answer") == 1
    assert "redis: hangs: no answer; held · incident 32\n" in told
    assert "\nIncident  33 · redis: is old · since today 03:10\n" in told


def test_foreign_text_cannot_break_the_screen() -> None:
    facts = status(services=[service("redis", message="one\ntwo\x1b[2J\r")])
    assert "\n  one two [2J\n" in drawn(facts)


Place = tuple[str | int, ...]


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Where the values of an object are, at any depth; what stands in a list is never null."""
    if isinstance(value, dict):
        for key, part in cast("Json", value).items():
            yield (*at, key)
            yield from places(part, (*at, key))
    elif isinstance(value, list):
        for number, part in enumerate(cast("list[object]", value)):
            yield from places(part, (*at, number))


PLACES = sorted(places(troubled()), key=lambda place: (-len(place), str(place)))


@given(
    nulls=st.sets(st.sampled_from(PLACES)),
    missing=st.sets(st.sampled_from(PLACES)),
    width=st.none() | st.integers(1, 200),
)
def test_any_value_may_be_null_or_missing(
    nulls: set[Place], missing: set[Place], width: int | None
) -> None:
    facts = troubled()
    for place in PLACES:  # the deep ones first, so that their way is still there
        *way, last = place
        part: Any = facts
        for step in way:
            part = part[step]
        if place in missing:
            del part[last]
        elif place in nulls:
            part[last] = None
    assert drawn(facts, width)
