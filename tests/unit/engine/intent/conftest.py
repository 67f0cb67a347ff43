"""A home whose owner uses docker himself."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.engine.docker_home import DockerHome


@pytest.fixture
async def home() -> AsyncIterator[DockerHome]:
    """Up for an hour, watched from now on."""
    made = DockerHome()
    await made.connect()
    await made.wait(5)
    yield made
    made.kill_tarsd()
