"""A machine with the daemon on it, ready to install."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.paths import Paths
from tests.unit.fake_engine import FakeEngine
from tests.unit.home import Home


@pytest.fixture
async def home(paths: Paths, engine: FakeEngine, tmp_path: Path) -> AsyncIterator[Home]:
    """Nothing is installed yet; a service that will not get healthy is given up after 10 s."""
    paths.settings.write_text("[start]\ndeadline = 10\n")
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    await made.start()
    yield made
    await made.stop()
