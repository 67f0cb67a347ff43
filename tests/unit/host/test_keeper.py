"""Dumps and copies by a double of the Engine: what is not whole is not kept, and the reason is told."""

import gzip
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import BackupFailed, JobFailed, NoSpace
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import RESERVE, Backups
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.volumes import Volumes
from tarsd.settings import Data
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeContainer, FakeEngine

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)
DUMP = (
    b"--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE tars;\n"
    + b"\nCREATE TABLE public.chat (said text);\n" * 40
    + b"--\n-- PostgreSQL database cluster dump complete\n--\n\n"
)


class Scene:
    """A database, a vector store that has ended, and a disk with room."""

    def __init__(self, engine: FakeEngine, docker: DockerApi, root: Path) -> None:
        self.engine = engine
        self.inside = engine.inside
        self.inside.programs["postgres"] = (DUMP, b"", 0)
        self.inside.files["chromadb", "/data"] = b"a tar file" * 1000
        mounts = [{"Type": "volume", "Name": "tars_postgres", "Destination": "/data"}]
        engine.add(FakeContainer("postgres", more={"Mounts": mounts}))
        engine.add(FakeContainer("chromadb", state="exited"))
        self.jobs = FakeCompose(engine, {})
        self.free = 1 << 40
        self.backups = Backups(root / "backups", Data, lambda _: self.free)
        volumes = Volumes(docker, OwnJobs(self.jobs, root / "tarsd"))
        self.now = NOW
        self.keeper = Keeper(docker, volumes, self.backups, lambda: self.now)
        self._containers = Containers(docker, "tars")

    async def seen(self, service: str) -> Container:
        return (await self._containers.by_service())[service]

    def volume(self, size: int | Exception) -> None:
        there = {"Name": "tars_postgres", "Driver": "local", "Mountpoint": "/v"}
        self.engine.say("/volumes/tars_postgres", 200, there)
        looked: Any = {"bytes": size, "majors": ["17"], "partial": []}
        self.jobs.own["volume-look"] = size if isinstance(size, Exception) else looked

    def left(self) -> Sequence[str]:
        return [it.name for it in self.backups.directory.glob("*")]


@pytest.fixture
async def scene(engine: FakeEngine, docker: DockerApi, tmp_path: Path) -> Scene:
    return Scene(engine, docker, tmp_path)


async def test_a_dump_is_kept_whole(scene: Scene) -> None:
    kept = await scene.keeper.dump(await scene.seen("postgres"))
    assert gzip.decompress(scene.backups.path(kept).read_bytes()) == DUMP
    assert (kept.kind, kept.holds, kept.service) == ("pg_dumpall", 40, "postgres")
    (command,) = scene.inside.commands
    assert command[:2] == ["sh", "-c"]
    assert "pg_dumpall --no-password" in command[2]


async def test_it_counts_as_fresh_for_a_day(scene: Scene) -> None:
    kept = await scene.keeper.dump(await scene.seen("postgres"))
    scene.now = NOW + timedelta(hours=23, minutes=59)
    assert await scene.keeper.fresh("postgres", "pg_dumpall") == kept
    assert await scene.keeper.fresh("postgres", "chroma") is None
    assert await scene.keeper.fresh("redis", "pg_dumpall") is None
    scene.now = NOW + timedelta(hours=24)
    assert await scene.keeper.fresh("postgres", "pg_dumpall") is None
    scene.now = NOW - timedelta(minutes=1)  # the clock was put back
    assert await scene.keeper.fresh("postgres", "pg_dumpall") is None


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ((DUMP, b"pg_dump: error: out of memory\n", 1), "status 1: pg_dump: error: out of memory"),
        ((DUMP[:-100], b"", 0), "status 0: it says nothing"),
        (
            (b"", b"sh: 1: exec: pg_dumpall: not found\n", 127),
            "status 127: sh: 1: exec: pg_dumpall",
        ),
    ],
)
async def test_one_that_is_not_whole_is_not_kept(
    scene: Scene, program: tuple[bytes, bytes, int], told: str
) -> None:
    scene.inside.programs["postgres"] = program
    with pytest.raises(BackupFailed) as caught:
        await scene.keeper.dump(await scene.seen("postgres"))
    assert caught.value.message.startswith(f"cannot dump postgres: pg_dumpall ended with {told}")
    assert caught.value.fix == "tarsctl logs postgres"
    assert scene.left() == []


async def test_a_database_that_does_not_run_cannot_be_dumped(scene: Scene) -> None:
    scene.engine.containers["postgres"].state = "exited"
    with pytest.raises(BackupFailed, match="cannot dump postgres: it is exited"):
        await scene.keeper.dump(await scene.seen("postgres"))


async def test_an_engine_that_breaks_off_leaves_nothing(scene: Scene) -> None:
    scene.inside.cuts = 500
    with pytest.raises(BackupFailed, match=r"cannot keep a backup of chromadb \(chroma\)"):
        await scene.keeper.copy(await scene.seen("chromadb"), "/data", "chroma", holds=4)
    assert scene.left() == []


async def test_a_path_that_is_not_there_is_told(scene: Scene) -> None:
    with pytest.raises(BackupFailed, match="Could not find the file /elsewhere"):
        await scene.keeper.copy(await scene.seen("chromadb"), "/elsewhere", "chroma", holds=4)


async def test_what_stands_still_is_copied(scene: Scene) -> None:
    kept = await scene.keeper.copy(await scene.seen("chromadb"), "/data", "chroma", holds=4)
    whole = gzip.decompress(scene.backups.path(kept).read_bytes())
    assert whole == scene.inside.files["chromadb", "/data"]
    assert kept.holds == 4


@pytest.mark.parametrize("state", ["running", "paused", "restarting"])
async def test_what_writes_meanwhile_is_not(scene: Scene, state: str) -> None:
    scene.engine.containers["chromadb"].state = state
    with pytest.raises(BackupFailed, match=f"it is {state}, and what it writes"):
        await scene.keeper.copy(await scene.seen("chromadb"), "/data", "chroma", holds=4)


async def test_without_room_it_is_not_begun(scene: Scene) -> None:
    scene.volume(10 << 30)
    scene.free = RESERVE + (9 << 30)
    with pytest.raises(NoSpace, match="it needs about 10240 MiB"):
        await scene.keeper.dump(await scene.seen("postgres"))
    assert scene.inside.commands == []


async def test_where_its_size_cannot_be_told_the_room_is_watched_as_it_grows(scene: Scene) -> None:
    scene.volume(JobFailed("cannot finish job volume-look"))
    assert await scene.keeper.dump(await scene.seen("postgres"))


async def test_a_file_that_cannot_be_read_again_is_none(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lies(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr("tarsd.host.backups.kept.intact", lies)
    with pytest.raises(BackupFailed, match="Input/output error"):
        await scene.keeper.dump(await scene.seen("postgres"))
    assert scene.left() == []
