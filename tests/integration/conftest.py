"""What the integration tests share: the real Engine that packaging/test found or started, and a client of it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi


@pytest.fixture(scope="session")
def engine_socket() -> str:
    """The socket of the Engine; without one there is nothing these tests could tell."""
    host = os.environ.get("DOCKER_HOST", "unix:///run/docker.sock")
    path = host.removeprefix("unix://")
    if path == host or not Path(path).is_socket():
        pytest.fail(f"cannot reach a Docker Engine at {host}; run: packaging/test integration")
    return path


@pytest.fixture
async def docker(engine_socket: str) -> AsyncIterator[DockerApi]:
    """The daemon's own client of that Engine."""
    api = DockerApi(engine_socket)
    yield api
    await api.close()
