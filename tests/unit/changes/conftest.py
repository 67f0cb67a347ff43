"""A workshop with a runner in it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tarsd.changes.model import TaskKind
from tarsd.changes.runner import Changes
from tarsd.store import Database
from tests.unit.changes.workshop import Store
from tests.unit.log import Log

Runner = Callable[..., Changes]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "state.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
async def runner(store: Store, log: Log) -> AsyncIterator[Callable[..., Changes]]:
    """Makes runners of these kinds of tasks over the same store; they are stopped at the end."""
    made: list[Changes] = []

    def build(*kinds: TaskKind) -> Changes:
        made.append(
            Changes(store, kinds, log.logger, lambda: log.entries.append({"event": "told"}))
        )
        return made[-1]

    yield build
    for changes in made:
        await changes.stop()
