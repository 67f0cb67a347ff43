"""What the status looks at."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tests.unit.fake_engine import FakeEngine
from tests.unit.observe.watched import Machine


@pytest.fixture
async def machine(tmp_path: Path, engine: FakeEngine, docker: DockerApi) -> AsyncIterator[Machine]:
    made = Machine(tmp_path, engine, docker)
    await made.database.open()
    yield made
    await made.changes.stop()
    with suppress(RuntimeError):  # a test may have closed it
        await made.database.close()
