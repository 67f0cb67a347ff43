"""Room for images, models and data."""

from pathlib import Path

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.disk import DiskLow
from tarsd.host.disk import Disk
from tests.unit.fake_engine import FakeEngine
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found

GB = 10**9


async def ask(around: Surroundings, root: Path, **disks: tuple[int, int]) -> list[Finding]:
    """Free bytes and device, for Docker's directory and for the state."""

    def usage(path: str) -> Disk:
        name = "docker" if path == "/var/lib/docker" else "state"
        if name not in disks:
            raise FileNotFoundError(2, "No such file or directory", path)
        free, device = disks[name]
        return Disk(path, free, 10**12, device)

    return await found(DiskLow(), around.with_senses(senses(root, disk=usage)).world())


@pytest.fixture(autouse=True)
def root_of_docker(engine: FakeEngine) -> None:
    engine.info["DockerRootDir"] = "/var/lib/docker"


async def test_one_file_system_is_told_of_once(around: Surroundings, tmp_path: Path) -> None:
    (only,) = await ask(around, tmp_path, docker=(400 * GB, 1), state=(400 * GB, 1))
    assert (only.status, only.subject) == (Status.PASS, "/var/lib/docker")


async def test_little_space_on_either_is_a_warning_with_what_shows_the_use(
    around: Surroundings, tmp_path: Path
) -> None:
    docker, state = await ask(around, tmp_path, docker=(19 * GB, 1), state=(1 * GB, 2))
    assert docker.status is state.status is Status.WARN
    assert docker.summary == "19.0 GB free; 20 GB recommended"
    assert docker.fix == "docker system df; docker image prune"
    assert str(state.fix).startswith("sudo du ")


async def test_a_directory_that_cannot_be_seen_is_unknown(
    around: Surroundings, tmp_path: Path
) -> None:
    docker, state = await ask(around, tmp_path, state=(20 * GB, 2))
    assert docker.status is Status.UNKNOWN
    assert "No such file" in docker.summary
    assert state.status is Status.PASS


async def test_a_silent_engine_leaves_it_unknown(
    around: Surroundings, tmp_path: Path, engine: FakeEngine
) -> None:
    engine.hang("/info")
    (only,) = await ask(around, tmp_path, docker=(400 * GB, 1), state=(400 * GB, 1))
    assert only.status is Status.UNKNOWN
