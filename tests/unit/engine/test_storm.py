"""A whole daemon in a storm: every service fails for an hour, with the budgets of production. Time jumps."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tarsd.engine.incident import Act, Incident, IncidentStatus, Outcome
from tarsd.errors import JobFailed
from tarsd.paths import Paths
from tarsd.times import moment
from tests.unit.clock import JumpingLoop
from tests.unit.engine.ward import BEGUN
from tests.unit.fake_engine import FakeEngine
from tests.unit.home import Home

HOUR = 3600.0


def wall() -> datetime:
    """The clock on the wall, which jumps with the loop's."""
    return BEGUN + timedelta(seconds=asyncio.get_running_loop().time())


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every clock that a budget, a pause or a hold goes by."""
    monotonic = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr("tarsd.wiring.incidents.time", monotonic)
    for room in ("incidents", "supervision"):
        monkeypatch.setattr(f"tarsd.wiring.{room}.utc_now", wall)


@pytest.fixture
async def home(paths: Paths, engine: FakeEngine, tmp_path: Path) -> AsyncIterator[Home]:
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    await made.start()
    await made.install(with_frontend=True)
    for container in engine.containers.values():
        container.networks = {f"{container.project}_inner": {"NetworkID": "n1"}}
    made.compose.own["kernel-open"] = JobFailed("cannot open /dev/kmsg: not here")
    yield made
    await made.stop()


class Storm:
    """What an hour of it leaves."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._calls = len(home.engine.calls)

    async def blows(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.lasts(2)
        running = asyncio.create_task(self.home.app.supervision.run())
        await asyncio.sleep(60)
        self.begin()
        await asyncio.sleep(HOUR)
        running.cancel()
        await asyncio.wait([running])

    def begin(self) -> None:
        raise NotImplementedError

    async def incidents(self) -> list[Incident]:
        return [*await self.home.app.incidents.ledger.list(count=500)]

    async def acts(self) -> list[Act]:
        return [*await self.home.app.incidents.ledger.acts_since(moment("2001-01-01T00:00:00Z"))]

    def done(self) -> Counter[str]:
        """What was done to the Engine, by its last word."""
        asked = self.home.engine.calls[self._calls :]
        return Counter(it.split("/")[-1].split(" ")[0] for it in asked if it.startswith("POST "))


class AllDie(Storm):
    """Each ends within a second of its start, with the same exit code."""

    def begin(self) -> None:
        self._killing = asyncio.create_task(self._kill())

    async def _kill(self) -> None:
        while True:
            for container in self.home.engine.containers.values():
                if container.state == "running":
                    at = wall()
                    container.state, container.exit_code, container.finished = "exited", 1, at
                    nano = int(at.timestamp() * 1e9)
                    self.home.engine.emit("die", container.service, at=nano, exitCode="1")
            await asyncio.sleep(1)

    async def blows(self) -> None:
        await super().blows()
        self._killing.cancel()


class EngineGone(Storm):
    """Docker does not answer any more, so nobody knows of any service."""

    def begin(self) -> None:
        self.home.engine.hang()


def most_in_an_hour(acts: list[Act]) -> int:
    """Of those that count, in whichever hour there were most."""
    began = [moment(it.began) for it in acts if it.counts]
    return max(sum(at <= it < at + timedelta(hours=1) for it in began) for at in began)


async def test_every_service_fails_for_an_hour(home: Home) -> None:
    storm = AllDie(home)
    await storm.blows()
    found = await storm.incidents()
    told = sorted((it.subject, it.fault, it.status) for it in found)
    assert told == [
        ("postgres", "service.exited", IncidentStatus.HELD),
        ("redis", "service.exited", IncidentStatus.HELD),
    ], "the web page's fault is theirs, and nobody gives up silently"
    acts = await storm.acts()
    assert most_in_an_hour(acts) == 6 == storm.done().total(), "the machine's budget, used and kept"
    assert {it.incident for it in acts} == {it.id for it in found}, "no service is left out"


async def test_one_cause_for_all_is_one_incident(home: Home) -> None:
    storm = EngineGone(home)
    await storm.blows()
    (found,) = await storm.incidents()
    assert (found.fault, found.status) == ("docker.hung", IncidentStatus.HELD)
    acts = await storm.acts()
    assert most_in_an_hour(acts) <= 6
    assert [it.outcome for it in acts].count(Outcome.DONE) == 1, "Docker is restarted once an hour"
    assert storm.done() == {}
