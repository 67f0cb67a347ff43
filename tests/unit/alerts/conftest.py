"""A town whose owner has a phone."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.unit.alerts.town import Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Its daemon runs, and all is well."""
    made = Town(tmp_path / "state.db")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The times of messages are the machine's own."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
