"""A corner of the real Engine for each test, and one small image in it for all."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from tarsd.host.docker_api import DockerApi
from tarsd.host.images import Images
from tests.integration.archive import Archive
from tests.integration.engine.lab import Lab


@pytest.fixture(scope="session")
def small_image(engine_socket: str, archive: Archive) -> str:
    """The smallest of the stack's images, which has a shell."""

    async def load() -> None:
        docker = DockerApi(engine_socket)
        await Images(docker).load(archive.stream())
        await docker.close()

    asyncio.run(load())
    return next(name for name in archive.names if "/redis:" in name)


@pytest.fixture
async def lab(docker: DockerApi, small_image: str) -> AsyncIterator[Lab]:
    """Everything in it is gone after the test."""
    made = Lab(docker, f"tars-test-{secrets.token_hex(4)}", small_image)
    yield made
    await made.clean()
