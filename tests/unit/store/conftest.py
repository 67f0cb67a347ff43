"""A state.db of one's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.store import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open, new, on disk."""
    opened = Database(tmp_path / "state.db")
    await opened.open()
    yield opened
    await opened.close()
