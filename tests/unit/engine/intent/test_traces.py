"""What real Engines said while things were done to them, played to the keeper as it was heard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile
from typing import Any

import pytest

from tarsd.host.engine_events import EngineEvent, event_of
from tarsd.times import from_engine, from_nanoseconds
from tests.unit.engine.docker_home import DockerHome
from tests.unit.fake_events import TRACES, trace_lines

Line = Mapping[str, Any]

ALL = sorted(str(path.relative_to(TRACES).with_suffix("")) for path in TRACES.glob("*/*.jsonl"))


class TracedHome(DockerHome):
    """Its containers become what the events say."""

    async def play(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if "stream" in line:
                await self._mark(line["stream"])
            elif (event := event_of(line, "tars")) is not None:
                await self._hear(event)

    async def _mark(self, word: str) -> None:
        if word == "ended":
            self.lose_stream()
        elif not self.connected:
            self.since = (
                self.now if self.memory else self.since
            )  # no stream ended but with its Engine
            await self.connect()

    async def _hear(self, event: EngineEvent) -> None:
        ahead = (from_nanoseconds(event.at) - self.now).total_seconds()
        if ahead > 0:
            await self.wait(ahead)
        self._become(event)
        self.memory.append(event)
        if self.connected:
            self.keeper.event(event)

    def _become(self, event: EngineEvent) -> None:
        service, at = event.service, from_nanoseconds(event.at)
        if service is None:
            return
        known = self.containers.get(service)
        ours = known is not None and known.id == event.id
        if event.action == "start":
            base = known or self.fresh(service, at)
            self.containers[service] = replace(base, id=event.id, state="running", started=at)
        elif event.action == "die" and known is not None and ours:
            code = event.code or 0
            self.containers[service] = replace(known, state="exited", finished=at, exit_code=code)
        elif event.action == "destroy" and ours:
            del self.containers[service]


async def home_of(lines: Sequence[Line]) -> TracedHome:
    before: Mapping[str, Any] = next(it for it in lines if "before" in it)["before"]
    home = TracedHome(services=sorted(before))
    told = [from_nanoseconds(it["timeNano"]) for it in lines if "timeNano" in it]
    home.set_clock(min(told, default=home.now) - home.now)
    home.since = home.now - timedelta(hours=1)
    for service, state in before.items():
        started = from_engine(state["StartedAt"])
        home.containers[service] = replace(
            home.containers[service], id=state["Id"], state=state["Status"], started=started
        )
    return home


@pytest.mark.parametrize("name", ALL)
async def test_after_each_of_them_all_is_wanted_running(name: str) -> None:
    """Each begins and ends with the stack up."""
    lines = trace_lines(name)
    home = await home_of(lines)
    await home.play(lines)
    await home.wait(60)
    assert {service: home.wanted(service) for service in home.services} == dict.fromkeys(
        home.services, "running"
    )
    home.kill_tarsd()


@pytest.mark.parametrize("version", ["20.10", "26.1"])
@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        ("stop", {"redis"}),
        ("stop-deaf", {"postgres"}),
        ("compose-stop", {"redis", "chromadb", "webui", "postgres", "ollama"}),
        ("removal", {"redis", "chromadb", "webui", "postgres", "ollama"}),
        ("kill", set[str]()),
    ],
)
async def test_where_nobody_had_started_them_again(
    version: str, name: str, stopped: set[str]
) -> None:
    """The same, cut before the first start."""
    lines = trace_lines(f"{version}/{name}")
    home = await home_of(lines)
    await home.play(list(takewhile(lambda line: line.get("Action") != "start", lines)))
    await home.wait(30)
    wanted = {service for service in home.services if home.wanted(service) == "stopped"}
    assert wanted == stopped
    await home.play(list(lines))
    await home.wait(30)
    assert all(home.wanted(service) == "running" for service in home.services)
    home.kill_tarsd()
