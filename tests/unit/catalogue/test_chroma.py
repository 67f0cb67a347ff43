"""Vectors: where they lie, whether they are there, and who asks for them in a language of the past."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.chroma import DataUnmounted, Emptied, V1Client
from tarsd.catalogue.counts import Count
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.errors import DatabaseUnavailable
from tarsd.host.chroma import Chroma, Holds
from tarsd.host.http import HttpSession
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.observe.containers import STARTED
from tests.unit.service_views import view
from tests.unit.worlds import Surroundings, found, the_one


class Store(Chroma):
    """One that holds what a test says, or does not answer."""

    def __init__(self) -> None:
        super().__init__(HttpSession(), lambda: 0)
        self.now: Holds | None = None

    async def holds(self) -> Holds:
        if self.now is None:
            raise DatabaseUnavailable("cannot ask Chroma")
        return self.now


class Kept:
    """What is remembered; `notes` counts the writes."""

    def __init__(self) -> None:
        self.count: Count | None = None
        self.notes = 0

    async def last(self, subject: str) -> Count | None:
        assert subject == "chromadb"
        return self.count

    async def note(self, subject: str, count: Count) -> None:
        self.count = count
        self.notes += 1


class Scene:
    """A store that is looked at again and again."""

    def __init__(self, around: Surroundings) -> None:
        self.store, self.kept = Store(), Kept()
        self._around = around
        self.view = view("chromadb", service_role="vector")

    def start_anew(self) -> None:
        assert self.view.container is not None
        started = STARTED + timedelta(hours=1)
        self.view = replace(self.view, container=replace(self.view.container, started=started))

    async def look(self, collections: int, records: int | None = None) -> Finding:
        self.store.now = Holds(collections, records)
        return await self.ask()

    async def ask(self) -> Finding:
        made = self._around.world()
        return await the_one(
            Emptied(), replace(made, services=(self.view,), chroma=self.store, counts=self.kept)
        )


@pytest.fixture
def scene(around: Surroundings) -> Scene:
    return Scene(around)


async def test_a_store_that_has_always_been_empty_is_well(scene: Scene) -> None:
    for _ in range(3):
        assert (await scene.look(0, 0)).status is Status.PASS


async def test_one_that_loses_all_its_collections_is_told_until_there_are_some_again(
    scene: Scene,
) -> None:
    assert (await scene.look(3, 700)).status is Status.PASS
    for _ in range(2):
        finding = await scene.look(0, 0)
        assert finding.status is Status.FAIL
        assert finding.summary.startswith(
            "holds 0 collections with 0 records, and held 3 collections"
        )
        assert scene.kept.count is not None
        assert (scene.kept.count.collections, scene.kept.count.lost) == (3, True)
    assert (await scene.look(1, 2)).status is Status.PASS
    assert scene.kept.count is not None
    assert scene.kept.count.lost is False


async def test_one_that_has_collections_without_records(scene: Scene) -> None:
    await scene.look(3, 700)
    assert (await scene.look(3, 0)).status is Status.FAIL


async def test_who_deletes_his_only_collection_has_lost_nothing(scene: Scene) -> None:
    await scene.look(1, 12)
    assert (await scene.look(0, 0)).status is Status.PASS
    assert (await scene.look(0, 0)).status is Status.PASS


async def test_an_only_collection_that_is_gone_after_a_restart_is_lost(scene: Scene) -> None:
    """Nobody can have deleted it: an empty volume came up in its place."""
    await scene.look(1, 12)
    scene.start_anew()
    assert (await scene.look(0, 0)).status is Status.FAIL
    assert (await scene.look(0, 0)).status is Status.FAIL, "also once that is on record"


async def test_many_collections_are_not_counted_one_by_one(scene: Scene) -> None:
    await scene.look(50)
    assert (await scene.look(50)).status is Status.PASS
    assert (await scene.look(0, 0)).status is Status.FAIL


async def test_nothing_is_written_while_nothing_changes(scene: Scene) -> None:
    for _ in range(5):
        await scene.look(3, 700)
    assert scene.kept.notes == 1


async def test_silence_is_no_loss(scene: Scene) -> None:
    await scene.look(3, 700)
    scene.store.now = None
    assert (await scene.ask()).status is Status.UNKNOWN
    scene.view = replace(scene.view, answers=Answers())
    assert (await scene.look(0, 0)).status is Status.UNKNOWN, "it is only just starting"
    scene.view = replace(scene.view, busy="change 17 is at work")
    assert (await scene.ask()).summary == "change 17 is at work"
    assert scene.kept.count is not None
    assert not scene.kept.count.lost


def chroma(engine: FakeEngine, *mounts: dict[str, str], state: str = "running") -> None:
    labels = {"tars.role": "vector"}
    more = {"Mounts": list(mounts)}
    image = {"Id": "sha256:chroma", "RepoTags": ["chromadb/chroma:1.5.9"]}
    engine.images["sha256:chroma"] = image
    engine.add(FakeContainer("chromadb", image="chroma", labels=labels, state=state, more=more))


def mounted(target: str) -> dict[str, str]:
    return {"Type": "volume", "Name": "tars_chromadb", "Destination": target}


async def test_a_volume_at_the_old_path(around: Surroundings, engine: FakeEngine) -> None:
    chroma(engine, mounted("/chroma/chroma"))
    finding = await the_one(DataUnmounted(), around.world())
    assert (finding.status, finding.subject) == (Status.FAIL, "chromadb")
    assert "tars_chromadb at /chroma/chroma" in finding.summary
    assert "docker cp -a" in str(finding.fix)


async def test_a_volume_where_it_writes(around: Surroundings, engine: FakeEngine) -> None:
    chroma(engine, mounted("/data"))
    assert (await the_one(DataUnmounted(), around.world())).status is Status.PASS


async def test_without_a_store_nothing_is_told(around: Surroundings, engine: FakeEngine) -> None:
    assert await found(DataUnmounted(), around.world()) == []
    chroma(engine, state="created")
    assert await found(DataUnmounted(), around.world()) == []


SAID = (
    'Exception: {"error":"Unimplemented","message":"The v1 API is deprecated. Please use /v2 apis"}'
)


def clients(world: World, *views: ServiceView) -> World:
    return replace(world, services=views)


@pytest.mark.parametrize(("lines", "status"), [([SAID], Status.WARN), (["well"], Status.PASS)])
async def test_a_client_that_asks_by_the_first_api(
    around: Surroundings, engine: FakeEngine, lines: Sequence[str], status: Status
) -> None:
    it = engine.add(FakeContainer("backend"))
    it.log = [(1, f"{line}\n".encode()) for line in lines]
    asks = view("backend", service_role="api", container_id=it.id)
    finding = await the_one(V1Client(), clients(around.world(), asks))
    assert (finding.status, finding.subject) == (status, "backend")
    told: Any = (SAID,) if status is Status.WARN else ()
    assert finding.evidence == told


async def test_databases_are_no_clients(around: Surroundings) -> None:
    assert await found(V1Client(), clients(around.world(), view("redis"))) == []
