"""What the engine's tests stand on: a world that nobody looks at, and a daemon's incidents on a disk of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.catalogue.check import World
from tarsd.host.docker_api import DockerApi
from tarsd.paths import Paths
from tests.unit.engine.ward import Ward
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


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    made = await Ward(tmp_path / "state.db").start()
    yield made
    await made.stop()
