"""Room is made with what nobody can miss: never a name, a container's image, a generation's, or what is being built."""

import json
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import EngineRefused, EngineUnavailable, GenerationDamaged
from tarsd.host.disk import Disk, Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.docker_disk import YOUNG, DockerDisk, Freed
from tarsd.host.generations import Generations
from tests.unit.fake_engine import FakeEngine

NOW = 1_800_000_000.0
DIGEST = "redis@sha256:" + "d" * 64


def image(name: str, age: float = 86_400.0, **facts: Any) -> dict[str, Any]:
    return {"Id": f"sha256:{name}", "RepoTags": None, "Created": int(NOW - age), **facts}


class Freeing:
    """A file system on which each nameless image takes a gigabyte."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def usage(self, path: str) -> Disk:
        return Disk(path, 10**10 - 10**9 * len(self._engine.nameless), 10**11)


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    made = Generations(tmp_path / "generations")
    for number, kept in enumerate(("before", "current")):
        stack = {"services": {"redis": {"image": f"redis:{number}"}}}
        lock = {"images": {"redis": {"reference": f"redis:{number}", "id": f"sha256:{kept}"}}}
        made.make_current(made.add(stack, lock).number)
    return made


@pytest.fixture
def disk(docker: DockerApi, engine: FakeEngine, generations: Generations) -> DockerDisk:
    return DockerDisk(docker, generations, Disks(Freeing(engine).usage), lambda: NOW)


def left(engine: FakeEngine) -> list[str]:
    return [it["Id"].removeprefix("sha256:") for it in engine.nameless]


async def test_old_nameless_images_go_and_what_came_of_it_is_told(
    disk: DockerDisk, engine: FakeEngine
) -> None:
    engine.nameless = [image("a"), image("b")]
    assert await disk.prune() == Freed(2, 2 * 10**9)
    assert left(engine) == []
    removed = [it for it in engine.calls if it.startswith("DELETE")]
    assert all(it.endswith("force=false noprune=true") for it in removed)


@pytest.mark.parametrize(
    "kept",
    [
        image("current"),
        image("before"),
        image("used"),
        image("building", age=YOUNG - 1),
        image("named", RepoTags=["mine:1"]),
    ],
    ids=lambda it: it["Id"],
)
async def test_what_somebody_may_miss_stays(
    disk: DockerDisk, engine: FakeEngine, kept: dict[str, Any]
) -> None:
    engine.nameless = [kept, image("gone", RepoTags=["<none>:<none>"])]
    engine.in_use = {"sha256:used"}
    assert (await disk.prune()).images == 1
    assert left(engine) == [kept["Id"].removeprefix("sha256:")]


async def test_an_image_that_a_generation_knows_by_its_digest_stays(
    docker: DockerApi, engine: FakeEngine, tmp_path: Path
) -> None:
    generations = Generations(tmp_path / "generations")
    lock = {"images": {"redis": {"reference": DIGEST}}}
    generations.add({"services": {"redis": {"image": "redis:8"}}}, lock)
    engine.nameless = [image("x", RepoDigests=[DIGEST])]
    disk = DockerDisk(docker, generations, Disks(Freeing(engine).usage), lambda: NOW)
    assert await disk.prune() == Freed(0, 0)


async def test_nothing_but_images_and_build_cache_is_spoken_of(
    disk: DockerDisk, engine: FakeEngine
) -> None:
    engine.nameless = [image("a")]
    await disk.prune()
    changes = [it for it in engine.calls if not it.startswith("GET")]
    until = json.dumps({"until": ["3600s"]})
    assert changes == [
        "DELETE /images/sha256:a force=false noprune=true",
        f"POST /build/prune {until}",
    ]


async def test_without_knowing_what_the_stack_needs_nothing_goes(
    disk: DockerDisk, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.nameless = [image("a")]
    (tmp_path / "generations" / "1" / "compose.json").write_text("{")
    with pytest.raises(GenerationDamaged):
        await disk.prune()
    assert left(engine) == ["a"]


async def test_an_engine_that_refuses_or_is_gone_is_told(
    disk: DockerDisk, engine: FakeEngine
) -> None:
    engine.nameless = [image("a")]
    engine.say("/images/sha256:a", 500, {"message": "read-only file system"})
    with pytest.raises(EngineRefused, match="read-only"):
        await disk.prune()
    await engine.stop()
    with pytest.raises(EngineUnavailable):
        await disk.prune()
