"""What the owner wants running survives everything but an uninstall."""

import pytest

from tarsd.store import Database
from tarsd.store.intent import IntentStore


@pytest.fixture
def intent(database: Database) -> IntentStore:
    return IntentStore(database)


async def test_nobody_has_said_anything_yet(intent: IntentStore) -> None:
    assert await intent.all() == {}


async def test_the_last_word_counts_per_service(intent: IntentStore) -> None:
    await intent.want(["redis", "ollama"], "stopped", "stop")
    await intent.want(["redis"], "running", "start redis")
    await intent.want([], "stopped", "nobody")
    assert await intent.all() == {"redis": "running", "ollama": "stopped"}


async def test_an_uninstall_forgets_all(intent: IntentStore) -> None:
    await intent.want(["redis"], "stopped", "stop")
    await intent.forget()
    assert await intent.all() == {}
