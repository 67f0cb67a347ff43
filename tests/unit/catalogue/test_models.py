"""Models that are to be there: one that is missing is pulled, parts of one are told of."""

import time
from dataclasses import replace
from typing import Any

import pytest

from tarsd.catalogue.check import Status, World
from tarsd.catalogue.models import GROWS, ModelMissing, ModelPartial, PullModel
from tarsd.errors import ModelServerUnavailable
from tarsd.host.http import HttpSession
from tarsd.host.ollama import Model, Ollama
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.hands import NotedData, hands
from tests.unit.service_views import view
from tests.unit.worlds import Surroundings, found, the_one

OLLAMA = view("ollama", service_role="llm")


class Server(Ollama):
    """One that has these models, or is away."""

    def __init__(self, *names: str, away: bool = False) -> None:
        super().__init__(HttpSession(), lambda: 0)
        self._names = names
        self._away = away

    async def models(self) -> list[Model]:
        if self._away:
            raise ModelServerUnavailable("cannot reach the model server")
        return [Model(name=name) for name in self._names]


def world(around: Surroundings, server: Ollama, *keep: str) -> World:
    made = around.world(models={"keep": list(keep)})
    return replace(made, services=(OLLAMA,), ollama=server)


async def test_each_name_that_is_kept_is_looked_for(around: Surroundings) -> None:
    there = world(
        around,
        Server("llama3.1:8b", "nomic-embed-text:latest"),
        "llama3.1:8b",
        "Qwen3",
        "nomic-embed-text",
    )
    status = {it.subject: it.status for it in await found(ModelMissing(), there)}
    assert status == {
        "llama3.1:8b": Status.PASS,
        "Qwen3": Status.FAIL,
        "nomic-embed-text": Status.PASS,
    }


async def test_without_names_or_a_stack_nothing_is_asked(around: Surroundings) -> None:
    away = Server(away=True)
    assert await found(ModelMissing(), world(around, away)) == []
    nothing = replace(world(around, away, "llama3.1:8b"), services=())
    assert await found(ModelMissing(), nothing) == []


async def test_a_server_that_is_away_says_nothing_of_models(around: Surroundings) -> None:
    finding = await the_one(ModelMissing(), world(around, Server(away=True), "llama3.1:8b"))
    assert finding.status is Status.UNKNOWN


async def test_what_is_missing_is_pulled_as_long_as_it_is_kept(around: Surroundings) -> None:
    there = world(around, Server(), "llama3.1:8b")
    finding = await the_one(ModelMissing(), there)
    data, (remedy,) = NotedData(), ModelMissing.remedies
    assert isinstance(remedy, PullModel)
    assert remedy.guard(there, finding) is None
    await remedy.do(hands(data=data), finding)
    assert data.acts == [("pull", "llama3.1:8b")]
    assert remedy.guard(world(around, Server()), finding) == "the settings do not keep it any more"


@pytest.fixture
async def volume(engine: FakeEngine) -> None:
    mounts = [{"Type": "volume", "Name": "tars_ollama", "Destination": "/root/.ollama"}]
    engine.add(FakeContainer("ollama", more={"Mounts": mounts}))
    there = {"Name": "tars_ollama", "Driver": "local", "Mountpoint": "/v/ollama"}
    engine.say("/volumes/tars_ollama", 200, there)


def blobs(*ages: float) -> dict[str, Any]:
    rows = [[f"/v/sha256-{n}-partial", 3 << 30, time.time() - age] for n, age in enumerate(ages)]
    return {"bytes": 0, "majors": [], "partial": rows}


@pytest.mark.usefixtures("volume")
@pytest.mark.parametrize(
    ("ages", "status"),
    [
        ((), Status.PASS),
        ((GROWS + 60, GROWS * 9), Status.WARN),
        ((10.0, GROWS * 9), Status.PASS),  # a pull goes on, and the old parts may be its own
    ],
)
async def test_parts_that_no_longer_grow(
    around: Surroundings, jobs: FakeCompose, ages: tuple[float, ...], status: Status
) -> None:
    jobs.own["volume-look"] = blobs(*ages)
    finding = await the_one(ModelPartial(), world(around, Server()))
    assert finding.status is status
    if status is Status.WARN:
        assert finding.summary == "6.0 GiB of a pull that was broken off"
        assert finding.evidence == ("sha256-0-partial", "sha256-1-partial")


@pytest.mark.usefixtures("volume")
async def test_a_volume_that_cannot_be_seen_is_unknown(
    around: Surroundings, jobs: FakeCompose
) -> None:
    jobs.own["volume-look"] = OSError("no")
    assert (await the_one(ModelPartial(), world(around, Server()))).status is Status.UNKNOWN


async def test_models_in_a_directory_of_the_owner_s_are_not_touched(
    around: Surroundings, engine: FakeEngine, jobs: FakeCompose
) -> None:
    """It may be a dead NAS."""
    bound = [{"Type": "bind", "Source": "/mnt/nas/models", "Destination": "/root/.ollama"}]
    engine.add(FakeContainer("ollama", more={"Mounts": bound}))
    assert (await the_one(ModelPartial(), world(around, Server()))).status is Status.PASS
    assert jobs.jobs == []
