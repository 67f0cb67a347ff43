"""The acts on data: a model is pulled once, files are kept once for each end, and nothing is cut without a copy."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tarsd.changes.runner import Changes
from tarsd.errors import BackupFailed, ModelNotPulled, NoSpace, ServiceMissing
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups
from tarsd.host.containers import Containers
from tarsd.host.disk import Disk, Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.volumes import Volumes
from tarsd.operations.data_acts import ROOM, DataActs
from tarsd.operations.models import lock, pull_plan
from tarsd.paths import Paths
from tarsd.settings import Data
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_ollama import FakeOllama, whole
from tests.unit.home import Home

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)


class Scene:
    """Redis has ended, and its files are there."""

    def __init__(self, home: Home, docker: DockerApi, root: Path) -> None:
        self.home = home
        self.engine = home.engine
        self.free = 1 << 40
        self.now = NOW
        self.redis = FakeContainer("redis", state="exited", exit_code=1, finished=NOW - HOUR)
        self.engine.add(self.redis)
        self.engine.inside.files["redis", "/data"] = b"append only" * 100
        self.backups = Backups(root / "backups", Data, lambda _: 1 << 40)
        volumes = Volumes(docker, OwnJobs(FakeCompose(self.engine, {}), root / "tarsd"))
        keeper = Keeper(docker, volumes, self.backups, lambda: self.now)
        disks = Disks(lambda path: Disk(path, self.free, 1 << 40))
        self.acts = DataActs(self.changes, docker, Containers(docker, "tars"), keeper, disks)

    def changes(self) -> Changes:
        return self.home.app.changes


HOUR = timedelta(hours=1)


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    await fake.start()
    fake.will_pull("a:1", whole(10))
    yield fake
    await fake.stop()


@pytest.fixture
async def scene(
    paths: Paths, engine: FakeEngine, docker: DockerApi, server: FakeOllama, tmp_path: Path
) -> AsyncIterator[Scene]:
    paths.settings.write_text(f"[ports]\nollama = {server.port}\n")
    home = Home(paths, engine, tmp_path / "cli-plugins")
    await home.start()
    yield Scene(home, docker, tmp_path)
    await home.stop()


async def test_a_model_is_pulled_by_a_change_of_its_own(scene: Scene, server: FakeOllama) -> None:
    await scene.acts.pull_model("a:1")
    assert server.pulled == ["a:1"]
    (change,) = await scene.changes().latest()
    assert (change.kind, change.status.value) == ("pull-model", "done")


async def test_one_that_is_being_pulled_is_waited_for(scene: Scene, server: FakeOllama) -> None:
    """However each of them writes its name."""
    await scene.changes().begin("pull-model", "pull a:1", {lock("A:1")}, pull_plan("a:1"))
    await scene.acts.pull_model("a:1")
    assert server.pulled == ["a:1"]
    assert len(await scene.changes().latest()) == 1


async def test_why_it_cannot_be_had_is_told(scene: Scene) -> None:
    with pytest.raises(ModelNotPulled, match="cannot pull model no-such:1") as caught:
        await scene.acts.pull_model("no-such:1")
    assert str(caught.value.fix).startswith("tarsctl tasks ")


async def test_files_are_kept_once_for_each_end(scene: Scene) -> None:
    for _ in range(3):
        await scene.acts.keep_files("redis")
    assert len(scene.backups.all()) == 1
    scene.redis.finished = NOW + HOUR
    scene.now = NOW + 2 * HOUR
    await scene.acts.keep_files("redis")
    assert [it.kind for it in scene.backups.all()] == ["aof", "aof"]


async def test_nothing_is_repaired_while_it_runs(scene: Scene) -> None:
    scene.redis.state = "restarting"
    with pytest.raises(BackupFailed, match="cannot repair the files of redis: it is restarting"):
        await scene.acts.repair_aof("redis")


async def test_nothing_is_repaired_that_could_not_be_kept(scene: Scene) -> None:
    scene.engine.inside.files.clear()
    with pytest.raises(BackupFailed):
        await scene.acts.repair_aof("redis")
    assert not [it for it in scene.engine.calls if it.startswith("POST /containers/create")]


async def test_a_full_disk_is_not_filled_again(scene: Scene) -> None:
    scene.free = ROOM - 1
    with pytest.raises(NoSpace, match="cannot start redis: it ended since its disk was full"):
        await scene.acts.start_with_room("redis")
    assert scene.redis.state == "exited"
    scene.free = ROOM
    await scene.acts.start_with_room("redis")
    assert scene.redis.state == "running"


async def test_a_container_that_is_gone(scene: Scene) -> None:
    with pytest.raises(ServiceMissing):
        await scene.acts.keep_files("postgres")
