"""What is kept of the real PostgreSQL, Chroma and Redis, and what it is worth: restored into new ones, and read."""

import asyncio
import gzip
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tarsd.changes.runner import Changes
from tarsd.errors import BackupFailed
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups, Kept
from tarsd.host.chroma import Chroma, Holds
from tarsd.host.containers import Container, Containers
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.images import Images
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.volumes import Volumes
from tarsd.operations.data_acts import DataActs
from tarsd.settings import Data
from tests.integration.archive import Archive
from tests.integration.jobs import SubprocessJobs
from tests.integration.probes import Running

pytestmark = pytest.mark.timeout(180)

UP = 60.0
COLLECTIONS = "api/v2/tenants/default_tenant/databases/default_database/collections"


@pytest.fixture(scope="module")
def images(engine_socket: str, archive: Archive) -> Mapping[str, str]:
    """Image by the last part of its name."""

    async def load() -> None:
        docker = DockerApi(engine_socket)
        await Images(docker).load(archive.stream())
        await docker.close()

    asyncio.run(load())
    return {name.rpartition("/")[2].partition(":")[0]: name for name in archive.names}


class Bench:
    """A keeper and containers that are gone at the end."""

    def __init__(self, docker: DockerApi, root: Path, images: Mapping[str, str]) -> None:
        self.docker = docker
        self.containers = Containers(docker, "nobody")
        self.backups = Backups(root / "backups", Data)
        self.volumes = Volumes(docker, OwnJobs(SubprocessJobs(), root / "nowhere"))
        self.keeper = Keeper(docker, self.volumes, self.backups)
        self.images = images
        self.made = ExitStack()

    def run(self, image: str, port: int, *command: str, **environment: str) -> Running:
        running = Running.run(self.images[image], port, command, environment)
        self.made.callback(running.remove)
        return running

    async def seen(self, running: Running) -> Container:
        found = await self.containers.one(running.id)
        assert found is not None
        return found


@pytest.fixture
def bench(docker: DockerApi, tmp_path: Path, images: Mapping[str, str]) -> Iterator[Bench]:
    made = Bench(docker, tmp_path, images)
    with made.made:
        yield made


async def until(what: Callable[[], Any]) -> Any:
    """Wait until it does not raise and is not false."""
    end = time.monotonic() + UP
    while True:
        try:
            found = what()
            if found:
                return found
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end
        await asyncio.sleep(0.2)


def postgres(bench: Bench) -> Running:
    return bench.run(
        "postgres", 5432, POSTGRES_PASSWORD="5ecre7", POSTGRES_USER="tars", POSTGRES_DB="tars"
    )


def local(running: Running, statement: str, database: str = "tars") -> str:
    return running.sh(f'psql -qAtX -U tars -d {database} -v ON_ERROR_STOP=1 -c "{statement}"')


def poured(running: Running, sql: bytes) -> str:
    """As docs/backups.md says; returns what it says on standard error."""
    command = ["docker", "exec", "-i", running.id, "psql", "-X", "-q", "-U", "tars"]
    done = subprocess.run(
        [*command, "-d", "postgres"], input=sql, capture_output=True, check=True, timeout=60
    )
    return done.stderr.decode()


async def up(running: Running) -> None:
    await until(lambda: running.sh("pg_isready -h 127.0.0.1") and local(running, "SELECT 1"))


async def test_a_dump_restores_everything_into_a_fresh_server(bench: Bench) -> None:
    old = postgres(bench)
    await up(old)
    local(old, "CREATE TABLE chat (id int primary key, said text)")
    local(
        old, "INSERT INTO chat SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 20000) n"
    )
    local(old, "CREATE ROLE reader LOGIN PASSWORD 'of its own'")
    local(old, "CREATE DATABASE other OWNER reader")
    local(old, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')", "other")
    count = "SELECT count(*), md5(string_agg(said, '' ORDER BY id)) FROM chat"
    before = local(old, count)

    kept = await bench.keeper.dump(await bench.seen(old))
    assert kept.holds == 2
    assert bench.backups.all(kept.service) == [kept]
    old.stop()

    new = postgres(bench)
    await up(new)
    sql = gzip.decompress(bench.backups.path(kept).read_bytes())
    told = poured(new, sql)
    errors = [it for it in told.splitlines() if "ERROR" in it]
    assert [it.partition("ERROR:")[2].strip() for it in errors] == [
        'role "tars" already exists',
        'database "tars" already exists',
    ]
    assert local(new, count) == before
    assert local(new, "SELECT text FROM note", "other") == "kept"
    assert local(new, "SELECT rolname FROM pg_roles WHERE rolname = 'reader'") == "reader"


async def test_a_dump_that_cannot_be_whole_is_none(bench: Bench) -> None:
    """A file of a table is gone: pg_dumpall says so and ends with 1, after much of the rest was written."""
    old = postgres(bench)
    await up(old)
    local(old, "CREATE TABLE a (x int); INSERT INTO a VALUES (1)")
    file = local(old, "SELECT pg_relation_filepath('a')")
    local(old, "CHECKPOINT")
    old.sh(f"rm /var/lib/postgresql/data/{file}")
    old.stop()
    old.start()
    await up(old)
    with pytest.raises(BackupFailed, match="pg_dumpall ended with status 1"):
        await bench.keeper.dump(await bench.seen(old))
    assert bench.backups.all() == []
    assert list(bench.backups.directory.iterdir()) == []


async def test_a_server_that_is_killed_meanwhile_leaves_none(bench: Bench) -> None:
    old = postgres(bench)
    await up(old)
    local(
        old,
        "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 50) t FROM generate_series(1, 60000) n",
    )
    work = asyncio.create_task(bench.keeper.dump(await bench.seen(old)))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(old.signal, "KILL")
    with pytest.raises(BackupFailed):
        await work
    assert list(bench.backups.directory.iterdir()) == []


def ask(running: Running, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.address.port}/{path}",
        data,
        {"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read() or b"null")


@pytest.fixture
async def http() -> AsyncIterator[HttpSession]:
    session = HttpSession()
    yield session
    await session.close()


async def filled(bench: Bench) -> Running:
    chroma = bench.run("chroma", 8000)
    await until(lambda: ask(chroma, "GET", "api/v2/heartbeat"))
    made = ask(chroma, "POST", COLLECTIONS, {"name": "documents"})
    rows = [[float(n), 1.0, 0.5] for n in range(300)]
    ask(
        chroma,
        "POST",
        f"{COLLECTIONS}/{made['id']}/add",
        {"ids": [f"d{n}" for n in range(300)], "embeddings": rows, "documents": ["said"] * 300},
    )
    return chroma


async def test_a_copy_of_chroma_is_read_by_a_fresh_one(bench: Bench, http: HttpSession) -> None:
    old = await filled(bench)
    assert await Chroma(http, lambda: old.address.port).holds() == Holds(1, 300)
    with pytest.raises(BackupFailed, match="it is running"):
        await bench.keeper.copy(await bench.seen(old), "/data", "chroma", holds=1)
    old.stop()
    kept = await bench.keeper.copy(await bench.seen(old), "/data", "chroma", holds=1)

    new = bench.run("chroma", 8000)
    await until(lambda: ask(new, "GET", "api/v2/heartbeat"))
    new.stop()
    restore(new, bench.backups, kept)
    new.start()
    await until(lambda: ask(new, "GET", "api/v2/heartbeat"))
    assert await Chroma(http, lambda: new.address.port).holds() == Holds(1, 300)
    (collection,) = ask(new, "GET", COLLECTIONS)
    found = ask(
        new,
        "POST",
        f"{COLLECTIONS}/{collection['id']}/query",
        {"query_embeddings": [[7.1, 1.0, 0.5]], "n_results": 1},
    )
    assert found["ids"] == [["d7"]]


def restore(running: Running, backups: Backups, kept: Kept) -> None:
    """As docs/backups.md says."""
    subprocess.run(
        ["docker", "cp", "-a", "-", f"{running.id}:/"],
        input=gzip.decompress(backups.path(kept).read_bytes()),
        check=True,
        capture_output=True,
        timeout=60,
    )


async def test_the_first_api_of_chroma_is_gone_in_these_words(bench: Bench) -> None:
    chroma = bench.run("chroma", 8000)
    await until(lambda: ask(chroma, "GET", "api/v2/heartbeat"))
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(chroma, "GET", "api/v1/collections")
    assert caught.value.code == 410
    assert "The v1 API is deprecated. Please use /v2 apis" in caught.value.read().decode()


APPEND = ("redis-server", "--appendonly", "yes", "--dir", "/data", "--save", "")


def redis(running: Running, *words: str) -> str:
    return running.sh("redis-cli -e " + " ".join(words))


async def damaged(bench: Bench) -> Running:
    """A Redis whose append-only file is damaged in the middle; it has said so and ended."""
    it = bench.run("redis", 6379, *APPEND)
    await until(lambda: redis(it, "PING"))
    for number in range(50):
        redis(it, "SET", f"key{number}", "x" * 20)
    it.sh(
        "f=$(ls /data/appendonlydir/*.incr.aof); s=$(stat -c %s $f);"
        " printf 'GARBAGE!!' | dd of=$f bs=1 seek=$((s / 2)) conv=notrunc 2>/dev/null"
    )
    it.signal("KILL")
    await asyncio.sleep(0.5)
    it.start()
    await until(lambda: "Bad file format reading the append only file" in it.log())
    return it


async def test_a_damaged_append_only_file_is_kept_cut_and_started(bench: Bench) -> None:
    it = await damaged(bench)
    disks = Disks()

    def changes() -> Changes:
        raise AssertionError

    acts = DataActs(changes, bench.docker, _By(bench, it), bench.keeper, disks)
    await acts.repair_aof("redis")
    (kept,) = bench.backups.all()
    assert kept.kind == "aof"
    await until(lambda: redis(it, "PING"))
    assert redis(it, "GET", "key3") == "x" * 20
    assert b"GARBAGE!!" in gzip.decompress(bench.backups.path(kept).read_bytes())


class _By(Containers):
    """The one container, by the name of its service."""

    def __init__(self, bench: Bench, running: Running) -> None:
        super().__init__(bench.docker, "nobody")
        self._running = running

    async def by_service(self) -> dict[str, Container]:
        found = await self.one(self._running.id)
        assert found is not None
        return {"redis": found}


async def test_the_major_of_a_cluster_is_read_in_its_volume(bench: Bench) -> None:
    it = postgres(bench)
    await up(it)
    (mounted,) = (await bench.seen(it)).mounts
    assert mounted.anonymous
    volume = await bench.volumes.find(mounted.name)
    assert volume is not None
    assert volume.directory is not None
    contents = await bench.volumes.contents(volume.directory)
    assert contents.majors == ("17",)
    assert contents.bytes > 10 << 20
