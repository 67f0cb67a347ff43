"""A daemon's incidents on a disk of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.engine.ward import Ward


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    made = await Ward(tmp_path / "state.db").start()
    yield made
    await made.stop()
