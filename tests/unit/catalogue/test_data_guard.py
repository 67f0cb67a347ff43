"""Acts that would lose data, or leave it where nobody looks: refused with what, why and the command that saves it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.data_guard import DataGuard
from tarsd.errors import DataAtRisk, GenerationDamaged
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups
from tarsd.host.compose import By
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.volumes import Volumes
from tarsd.settings import Data
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeContainer, FakeEngine

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)
CHROMA_IMAGE = {"Id": "sha256:chroma:1.5.9", "RepoTags": ["chromadb/chroma:1.5.9"]}
DATA_17, DATA_18 = "/var/lib/postgresql/data", "/var/lib/postgresql/18/docker"


def volume(name: str, target: str) -> dict[str, str]:
    return {"Type": "volume", "Name": name, "Destination": target, "Driver": "local"}


def postgres_image(major: int, tag: str = "") -> dict[str, Any]:
    data = DATA_18 if major >= 18 else DATA_17
    return {
        "Id": f"sha256:{tag or f'postgres:{major}'}",
        "RepoTags": [tag or f"postgres:{major}"],
        "Config": {"Env": [f"PG_MAJOR={major}", f"PGDATA={data}"]},
    }


def stack(service: str, role: str, image: str, target: str) -> dict[str, Any]:
    return {
        "services": {
            service: {
                "image": image,
                "labels": {"tars.role": role},
                "volumes": [{"type": "volume", "source": service, "target": target}],
            }
        },
        "volumes": {service: {"name": f"tars_{service}"}},
    }


CHROMA = stack("chromadb", "vector", "chroma:1.5.9", "/data")


class Scene:
    """A machine, its stack and what guards it."""

    def __init__(self, engine: FakeEngine, docker: DockerApi, root: Path) -> None:
        self.engine = engine
        self.jobs = FakeCompose(engine, {})
        self.backups = Backups(root / "backups", Data, lambda _: 1 << 40)
        volumes = Volumes(docker, OwnJobs(self.jobs, root / "tarsd"))
        self.keeper = Keeper(docker, volumes, self.backups, lambda: NOW)
        self.containers = Containers(docker, "tars")
        self.guard = DataGuard(docker, self.containers, volumes, self.keeper)
        self._root = root
        engine.images["chroma:1.5.9"] = engine.images["sha256:chroma:1.5.9"] = CHROMA_IMAGE

    def chroma(self, *mounts: Mapping[str, str], **facts: Any) -> FakeContainer:
        labels = {"tars.role": "vector"}
        made = FakeContainer("chromadb", image="chroma:1.5.9", labels=labels, **facts)
        made.more = {"Mounts": list(mounts)}
        return self.engine.add(made)

    def postgres(self, major: int = 17, tag: str = "") -> FakeContainer:
        image = postgres_image(major, tag)
        name = tag or f"postgres:{major}"
        self.engine.images[name] = self.engine.images[image["Id"]] = image
        made = FakeContainer("postgres", image=name, labels={"tars.role": "db"})
        made.more = {"Mounts": [volume("tars_postgres", DATA_17)]}
        return self.engine.add(made)

    def cluster(self, *majors: str, driver: str = "local") -> None:
        """What is in PostgreSQL's volume."""
        there = {"Name": "tars_postgres", "Driver": driver, "Mountpoint": "/volumes/postgres"}
        self.engine.say("/volumes/tars_postgres", 200, there)
        self.jobs.own["volume-look"] = {"bytes": 1, "majors": list(majors), "partial": []}

    def image(self, major: int, tag: str = "") -> str:
        """One that is on the machine."""
        name = tag or f"postgres:{major}"
        self.engine.images[name] = postgres_image(major, tag)
        return name

    def keep(self, kind: str, service: str, age: timedelta) -> None:
        pending = self.backups.begin(service, kind, NOW - age, "it.gz")
        pending.write(b"all of it")
        self.backups.keep(pending, "postgres:17", 3)

    async def up(
        self, stack: Mapping[str, Any], *, recreate: bool = True, by: By = "owner"
    ) -> DataAtRisk | None:
        """What it is refused with."""
        generation = self._root / "compose.json"
        generation.write_text(json.dumps(stack))
        try:
            names = list(stack["services"])
            await self.guard.before_up(generation, names, recreate=recreate, by=by)
        except DataAtRisk as error:
            return error
        return None


@pytest.fixture
def scene(engine: FakeEngine, docker: DockerApi, tmp_path: Path) -> Scene:
    return Scene(engine, docker, tmp_path)


def fault(error: DataAtRisk | None) -> str:
    assert error is not None
    failures: Any = error.details["failures"]
    assert error.message.startswith("cannot ")
    assert error.fix
    return failures[0]["id"]


async def test_a_mounted_store_is_made_anew_as_it_is(scene: Scene) -> None:
    scene.chroma(volume("tars_chromadb", "/data"))
    assert await scene.up(CHROMA) is None
    await scene.guard.before_down()


OLD_PLACE = volume("tars_chromadb", "/chroma/chroma")
NAMELESS = volume("0123456789abcdef" * 4, "/data")
IN_MEMORY = {"Type": "tmpfs", "Source": "", "Destination": "/data"}


@pytest.mark.parametrize("mounts", [[], [OLD_PLACE], [NAMELESS], [IN_MEMORY]])
@pytest.mark.parametrize("state", ["running", "exited"])
async def test_vectors_in_the_container_itself_go_with_it(
    scene: Scene, mounts: list[Mapping[str, str]], state: str
) -> None:
    """Version 1.0 mounted the volume where 1.x writes nothing."""
    container = scene.chroma(*mounts, state=state)
    error = await scene.up(CHROMA)
    assert fault(error) == "chroma.data-unmounted"
    assert error is not None
    copies = f"sudo docker cp -a {container.id[:12]}:/data /root/chromadb-data"
    assert copies in str(error.fix)
    with pytest.raises(DataAtRisk, match="cannot remove chromadb: its data is in the container"):
        await scene.guard.before_down()


@pytest.mark.parametrize("by", ["owner", "healer", "undo"])
async def test_nobody_gets_round_that(scene: Scene, by: By) -> None:
    scene.chroma(OLD_PLACE)
    assert fault(await scene.up(CHROMA, by=by)) == "chroma.data-unmounted"


async def test_where_containers_are_left_alone_nothing_is_asked(scene: Scene) -> None:
    scene.chroma(OLD_PLACE)
    assert await scene.up(CHROMA, recreate=False) is None


async def test_one_that_never_ran_holds_nothing(scene: Scene) -> None:
    scene.chroma(state="created")
    await scene.guard.before_down()


async def test_a_stack_that_mounts_the_volume_where_chroma_does_not_write(scene: Scene) -> None:
    """On the first install, too: what it wrote would be gone with the next one."""
    odd = stack("chromadb", "vector", "chroma:1.5.9", "/chroma/chroma")
    error = await scene.up(odd)
    assert fault(error) == "chroma.data-unmounted"
    assert "mount the volume at /data" in str(error and error.fix)


async def test_chroma_before_1_wrote_elsewhere(scene: Scene) -> None:
    old = {"Id": "sha256:old", "RepoTags": ["chromadb/chroma:0.6.3"]}
    scene.engine.images["chroma:0.6.3"] = old
    assert await scene.up(stack("chromadb", "vector", "chroma:0.6.3", "/chroma/chroma")) is None


@pytest.mark.parametrize("there", [True, False])
async def test_a_major_that_cannot_read_the_volume(scene: Scene, there: bool) -> None:
    """Whether its container is there or was removed."""
    if there:
        scene.postgres(16)
    scene.cluster("16")
    error = await scene.up(stack("postgres", "db", scene.image(17), DATA_17))
    assert fault(error) == "postgres.major-mismatch"
    assert error is not None
    assert "tars_postgres was made by PostgreSQL 16" in error.message
    assert "postgres:16" in str(error.fix)


async def test_the_healer_asks_for_the_major_too(scene: Scene) -> None:
    scene.cluster("16")
    wanted = stack("postgres", "db", scene.image(17), DATA_17)
    assert fault(await scene.up(wanted, recreate=False, by="healer")) == "postgres.major-mismatch"


async def test_a_major_is_known_by_the_tag_where_the_image_does_not_say(scene: Scene) -> None:
    scene.cluster("17")
    scene.engine.images["postgres:18.1-trixie"] = {"Id": "sha256:new", "RepoTags": []}
    error = await scene.up(stack("postgres", "db", "postgres:18.1-trixie", DATA_17))
    assert fault(error) == "postgres.major-mismatch"


async def test_eighteen_on_the_mount_of_seventeen(scene: Scene) -> None:
    scene.postgres(17)
    scene.cluster("17")
    error = await scene.up(stack("postgres", "db", scene.image(18), DATA_17))
    assert fault(error) == "postgres.18-layout"
    assert "mount the volume at /var/lib/postgresql " in str(error and error.fix)


async def test_the_same_image_needs_no_look_into_the_volume(scene: Scene) -> None:
    scene.postgres(17)
    assert await scene.up(stack("postgres", "db", "postgres:17", DATA_17)) is None
    assert scene.jobs.jobs == []


@pytest.mark.parametrize(
    ("age", "refused"), [(None, True), (timedelta(hours=25), True), (timedelta(hours=1), False)]
)
async def test_another_image_needs_a_backup_of_the_last_day(
    scene: Scene, age: timedelta | None, refused: bool
) -> None:
    scene.postgres(17)
    scene.cluster("17")
    if age is not None:
        scene.keep("pg_dumpall", "postgres", age)
    error = await scene.up(stack("postgres", "db", scene.image(17, "postgres:17.12"), DATA_17))
    assert (error is not None) is refused
    if refused:
        assert fault(error) == "data.at-risk"


@pytest.mark.parametrize("label", ["none", "list"])
async def test_what_is_labelled_as_worth_no_copy_needs_none(scene: Scene, label: str) -> None:
    scene.postgres(17)
    scene.cluster("17")
    wanted = stack("postgres", "db", scene.image(17, "postgres:17.12"), DATA_17)
    wanted["services"]["postgres"]["labels"]["tars.backup"] = label
    assert await scene.up(wanted) is None


async def test_backups_that_cannot_be_looked_at_are_no_yes(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "loop").symlink_to("loop")
    scene.postgres(17)
    scene.cluster("17")
    wanted = stack("postgres", "db", scene.image(17, "postgres:17.12"), DATA_17)
    assert fault(await scene.up(wanted)) == "data.at-risk"


async def test_a_backup_from_the_future_is_a_wrong_clock_and_stands_for_nothing(
    scene: Scene,
) -> None:
    scene.postgres(17)
    scene.cluster("17")
    scene.keep("pg_dumpall", "postgres", timedelta(hours=-3))
    wanted = stack("postgres", "db", scene.image(17, "postgres:17.12"), DATA_17)
    assert fault(await scene.up(wanted)) == "data.at-risk"


async def test_an_undo_brings_the_old_image_back_without_one(scene: Scene) -> None:
    """What was before is not kept from coming back; only where it could not read the data."""
    scene.postgres(17, "postgres:17.12")
    scene.cluster("17")
    wanted = stack("postgres", "db", scene.image(17), DATA_17)
    assert await scene.up(wanted, by="undo") is None


async def test_another_volume_needs_one_too(scene: Scene) -> None:
    scene.chroma(volume("tars_chromadb", "/data"))
    moved = stack("chromadb", "vector", "chroma:1.5.9", "/data")
    moved["volumes"]["chromadb"]["name"] = "vectors_on_the_new_disk"
    assert fault(await scene.up(moved)) == "data.at-risk"


async def test_a_volume_of_another_driver_is_only_its_owner_s(scene: Scene) -> None:
    scene.cluster("17", driver="rclone")
    wanted = stack("postgres", "db", scene.image(17), DATA_17)
    error = await scene.up(wanted, recreate=False, by="healer")
    assert fault(error) == "data.at-risk"
    assert "of the driver rclone" in str(error)
    assert await scene.up(wanted, recreate=False) is None


async def test_what_keeps_no_data_is_not_asked_about(scene: Scene) -> None:
    scene.engine.add(FakeContainer("webui", image="webui:1"))
    assert await scene.up(stack("webui", "ui", "webui:2", "/app/backend/data")) is None


async def test_a_generation_that_cannot_be_read_is_no_yes(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "compose.json").write_text("{")
    with pytest.raises(GenerationDamaged):
        await scene.guard.before_up(tmp_path / "compose.json", ["x"], recreate=True, by="owner")


async def test_a_job_that_fails_is_no_yes(scene: Scene) -> None:
    scene.cluster("17")
    scene.jobs.own["volume-look"] = _fails
    with pytest.raises(Exception, match="permission"):
        await scene.up(stack("postgres", "db", scene.image(17), DATA_17))


def _fails(_: Callable[..., Any]) -> Exception:
    return PermissionError("permission denied")
