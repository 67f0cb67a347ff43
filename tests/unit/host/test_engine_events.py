"""The Engine's events: only ours, each once, and nothing that it may send does any harm."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.docker_api import DEADLINE, DockerApi
from tarsd.host.engine_events import EngineEvent, EngineEvents, event_of
from tarsd.host.json_lines import LONGEST, json_lines
from tests.unit.broken_engine import MISBEHAVIOURS, BrokenEngine
from tests.unit.fake_container import PROJECT
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.fake_events import TRACES, raw_event, trace

NOW = 1_795_000_000_123_456_789
SERVICES = {"redis", "chromadb", "webui", "postgres", "ollama"}
LABELS = {"com.docker.compose.project": "tars", "com.docker.compose.service": "redis"}
ID = "ab" * 32


@pytest.fixture
def events(docker: DockerApi) -> EngineEvents:
    return EngineEvents(docker, PROJECT)


async def everything(events: EngineEvents, since: int | None = None) -> list[EngineEvent]:
    """What comes until the Engine ends the stream."""
    async with events.subscribe(since) as batches:
        return [event async for batch in batches for event in batch]


async def told(engine: FakeEngine, events: EngineEvents, *raw: bytes) -> list[EngineEvent]:
    """What is made of these pieces of a stream, which then ends."""
    async with events.subscribe() as batches:
        for piece in raw:
            engine.events.say_bytes(piece)
            await asyncio.sleep(0)
        engine.events.end()
        return [event async for batch in batches for event in batch]


def die(**more: Any) -> dict[str, Any]:
    return raw_event("container", "die", "", {**LABELS, "exitCode": "137"}, id_=ID, at=NOW) | more


def line(event: object) -> bytes:
    return json.dumps(event).encode() + b"\n"


DIED = EngineEvent(NOW, "container", "die", ID, "redis", 137)


async def test_the_life_of_a_container(engine: FakeEngine, events: EngineEvents) -> None:
    async with events.subscribe() as batches:
        engine.emit("start", "redis")
        engine.emit("health_status: unhealthy", "redis")
        engine.emit("kill", "redis", signal="15")
        engine.emit("oom", "redis")
        engine.emit("die", "redis", exitCode="0")
        engine.emit("stop", "redis")
        engine.emit("destroy", "redis")
        engine.emit("exec_start: redis-cli ping", "redis")
        engine.events.end()
        found = [event async for batch in batches for event in batch]
    assert [(it.action, it.code, it.text) for it in found] == [
        ("start", None, None),
        ("health", None, "unhealthy"),
        ("kill", 15, None),
        ("oom", None, None),
        ("die", 0, None),
        ("stop", None, None),
        ("destroy", None, None),
    ]
    assert {(it.kind, it.service, it.id) for it in found} == {
        ("container", "redis", FakeContainer("redis").id)
    }


async def test_networks_and_volumes_are_told_by_their_names(
    engine: FakeEngine, events: EngineEvents
) -> None:
    """They carry no labels: a filter for one would hide them."""
    async with events.subscribe() as batches:
        for name in ("tars_default", "other_default", "tarsier_default"):
            engine.emit_destroy("network", name)
            engine.emit_destroy("volume", name)
        engine.events.end()
        found = [event async for batch in batches for event in batch]
    assert [(it.kind, it.action, it.text) for it in found] == [
        ("network", "destroy", "tars_default"),
        ("volume", "destroy", "tars_default"),
    ]


async def test_what_is_not_of_the_stack_is_not_told(
    engine: FakeEngine, events: EngineEvents
) -> None:
    found = await told(
        engine,
        events,
        line(raw_event("container", "die", "x", {})),
        line(raw_event("container", "die", "x", LABELS | {"com.docker.compose.project": "tars2"})),
        line(raw_event("container", "die", "x", LABELS | {"com.docker.compose.oneoff": "True"})),
        line(raw_event("image", "destroy", "tars_x", LABELS)),
        line(raw_event("network", "disconnect", "tars_x", {"name": "tars_x"})),
    )
    assert found == []


async def test_since_asks_in_seconds_and_a_repetition_is_not_told_again(
    engine: FakeEngine, events: EngineEvents
) -> None:
    engine.emit("start", "redis", at=NOW - 1)
    engine.emit("die", "redis", at=NOW)
    engine.emit("start", "redis", at=NOW + 1)
    async with events.subscribe(NOW) as batches:
        assert [(it.at, it.action) for it in await anext(batches)] == [
            (NOW, "die"), (NOW + 1, "start")
        ]  # fmt: skip
    assert engine.events.asked[-1]["since"] == "1795000000.123456789"
    async with events.subscribe(NOW + 1) as batches:
        engine.emit("kill", "redis", at=NOW + 1, signal="9")  # at the same nanosecond
        assert [it.action for it in await anext(batches)] == ["kill"]


async def test_what_came_together_is_handed_on_together(
    engine: FakeEngine, events: EngineEvents
) -> None:
    async with events.subscribe() as batches:
        engine.events.say_bytes(line(die()) + line(die(timeNano=NOW + 1)) + b'{"Type": "cont')
        assert [it.at for it in await anext(batches)] == [NOW, NOW + 1]


@pytest.mark.parametrize(
    "raw",
    [
        b"\n",
        b"{\n",
        b"null\n",
        b"[]\n",
        b"7\n",
        b'"die"\n',
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b'{"timeNano": 1' + b"0" * 5000 + b"}\n",
        b"x" * (LONGEST + 70_000) + b"\n",
        line({}),
        line(die(Type=None)),
        line(die(Type=["container"])),
        line(die(Action=None)),
        line(die(Action=["die"])),
        line(die(Action="exploded")),
        line(die(Action="die now")),
        line(die(Actor=None)),
        line(die(Actor=[])),
        line(die(Actor={"ID": ID})),
        line(die(Actor={"ID": ID, "Attributes": "none"})),
        line(die(Actor={"ID": None, "Attributes": LABELS})),
        line(die(Actor={"ID": "../../volumes/prune", "Attributes": LABELS})),
        line(die(Actor={"ID": ID, "Attributes": {**LABELS, "com.docker.compose.service": 7}})),
        line(die(Actor={"ID": ID, "Attributes": {**LABELS, "com.docker.compose.service": ""}})),
        line(die(Actor={"ID": ID, "Attributes": {**LABELS, "com.docker.compose.service": "a\nb"}})),
        line(die(timeNano=None)),
        line(die(timeNano="soon")),
        line(die(timeNano=1.5e18)),
        line(die(timeNano=True)),
        line(die(timeNano=0)),
        line(die(timeNano=-5)),
        line(die(timeNano=2**80)),
    ],
    ids=range(33),
)
async def test_a_line_that_makes_no_sense_is_passed_over(
    engine: FakeEngine, events: EngineEvents, raw: bytes
) -> None:
    assert await told(engine, events, raw, line(die())) == [DIED]


@pytest.mark.parametrize("code", ["", "x", "1e9", "9" * 50, "\u0661", 137, None, [1]])
def test_a_code_that_makes_no_sense_is_none(code: object) -> None:
    actor = {"ID": ID, "Attributes": {**LABELS, "exitCode": code}}
    found = event_of(die(Actor=actor), "tars")
    assert found is not None
    assert found.code is None


async def test_a_line_without_end_costs_no_memory() -> None:
    """One of 1 GB, were it real: what is kept of it stays below the limit, and the next line is read."""
    pieces, most = 300, 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal most
        for _ in range(pieces):
            yield b"x" * 65536
            frame = lines.ag_frame  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
            most = max(most, len(frame.f_locals["rest"]))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        yield b'\n{"a": 1}\n'

    lines = json_lines(stream())
    found: list[Sequence[Any]] = [it async for it in lines]
    assert found == [[{"a": 1}]]
    assert 0 < most <= LONGEST


async def test_a_stream_that_is_cut_says_so(engine: FakeEngine, events: EngineEvents) -> None:
    async def follow() -> None:
        async with events.subscribe() as batches:
            engine.emit("die", "redis")
            assert await anext(batches)
            engine.events.say_bytes(b'{"Type": ')
            engine.events.cut()
            await anext(batches)

    with pytest.raises(EngineUnavailable, match="cannot reach the Docker Engine"):
        await follow()


async def test_an_engine_that_never_answers_is_given_up(
    engine: FakeEngine, events: EngineEvents
) -> None:
    engine.hang("/events")
    began = asyncio.get_running_loop().time()
    with pytest.raises(EngineUnavailable, match="no answer to GET /events in time") as caught:
        await everything(events)
    assert caught.value.fix is not None
    assert asyncio.get_running_loop().time() - began == pytest.approx(DEADLINE, abs=1)


async def test_a_quiet_stream_stays_open(engine: FakeEngine, events: EngineEvents) -> None:
    async with events.subscribe() as batches:
        await asyncio.sleep(36_000)
        engine.emit("die", "redis")
        assert len(await anext(batches)) == 1
    await asyncio.sleep(0.1)
    assert engine.events.open == 0


async def test_a_refusal_is_told(engine: FakeEngine, events: EngineEvents) -> None:
    engine.say("/events", 500, {"message": "no"})
    with pytest.raises(EngineRefused, match="the Engine says 'no'"):
        await everything(events)


@pytest.mark.parametrize(
    "misbehaviour", sorted(MISBEHAVIOURS.keys() - {"drips", "hangs in the body"})
)
async def test_whatever_the_engine_does_it_ends_or_is_an_error(
    tmp_path: Path, misbehaviour: str
) -> None:
    engine = BrokenEngine(tmp_path / "docker.sock", MISBEHAVIOURS[misbehaviour], good=True)
    await engine.start()
    docker = DockerApi(str(tmp_path / "docker.sock"))
    with suppress(EngineUnavailable, EngineRefused):
        assert await everything(EngineEvents(docker, PROJECT)) == []
    await docker.close()
    await engine.stop()


@pytest.mark.parametrize(
    "path", sorted(TRACES.glob("*/*.jsonl")), ids=lambda it: f"{it.parent.name}/{it.stem}"
)
async def test_every_event_that_an_engine_really_sent_is_understood(path: Path) -> None:
    recorded = trace(f"{path.parent.name}/{path.stem}")
    found = [event for raw in recorded if (event := event_of(raw, "tars"))]
    assert len(found) == len(recorded)
    assert {it.service for it in found if it.kind == "container"} <= SERVICES
    assert all(it.code is not None for it in found if it.action in ("die", "kill"))
    assert {it.text for it in found if it.action == "health"} <= {"healthy", "unhealthy"}
