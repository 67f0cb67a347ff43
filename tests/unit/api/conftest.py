"""Servers on real sockets, and their clients."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.paths import Paths
from tarsd.store import Database
from tests.unit.api.caller import Caller
from tests.unit.api.counter import Counter
from tests.unit.fake_engine import FakeEngine
from tests.unit.home import Home


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "audit.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def counter(tmp_path: Path, database: Database) -> AsyncIterator[Counter]:
    """A server with a few routes of its own."""
    made = Counter(tmp_path / "counter.sock", database)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def home(paths: Paths, engine: FakeEngine, tmp_path: Path) -> AsyncIterator[Home]:
    """A whole daemon, serving; nothing is installed yet."""
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    paths.settings.write_text("[start]\ndeadline = 10\n")
    made = Home(paths, engine, plugins)
    await made.start()
    await made.app.server.start(paths.socket)
    yield made
    await made.stop()


@pytest.fixture
async def api(home: Home) -> AsyncIterator[Caller]:
    """The client of that daemon."""
    caller = Caller(home.paths.socket)
    yield caller
    await caller.close()
