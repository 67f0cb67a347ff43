"""What a world for checks is made of, all of it well."""

from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tarsd.paths import Paths
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings


@pytest.fixture
def jobs(engine: FakeEngine) -> FakeCompose:
    return FakeCompose(engine, {"services": {"redis": {"image": "redis:8"}}})


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The Compose plugin, where Docker's CLI looks for it."""
    path = tmp_path / "cli-plugins" / "docker-compose"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def around(
    docker: DockerApi, jobs: FakeCompose, paths: Paths, plugin: Path, tmp_path: Path
) -> Surroundings:
    """A sound machine with Docker, Compose and no GPU."""
    sound = senses(tmp_path / "machine")
    return Surroundings(docker, jobs, paths, plugin.parent, sound, tmp_path / "machine")
