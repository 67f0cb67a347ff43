"""A world for what is judged without looking at it."""

from pathlib import Path

import pytest

from tarsd.catalogue.check import World
from tarsd.host.docker_api import DockerApi
from tarsd.paths import Paths
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings


@pytest.fixture
def world(tmp_path: Path, paths: Paths) -> World:
    """One that no scripted check looks at."""
    jobs = FakeCompose(FakeEngine(tmp_path), {})
    sound = senses(tmp_path)
    return Surroundings(DockerApi("/nowhere"), jobs, paths, tmp_path, sound, tmp_path).world()
