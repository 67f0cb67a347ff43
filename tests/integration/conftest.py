"""What the integration tests share: a real Engine and a client of it, Compose, and the images of the test stack."""

import os
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tests.integration import compose_plugin
from tests.integration.archive import Archive
from tests.integration.home import Home
from tests.machine.supply import Supply


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


@pytest.fixture(scope="session")
def plugins() -> Sequence[Path]:
    """Directories one of which holds a Compose v2 plugin."""
    return compose_plugin.directories()


@pytest.fixture(scope="session")
def archive(engine_socket: str) -> Iterator[Archive]:
    """The images of the test stack; what was loaded of them is removed in the end."""
    made = Archive(Supply().images, f"tars-integration-{secrets.token_hex(4)}")
    yield made
    for name in made.names:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
    archive: Archive,
    engine_socket: str,
    plugins: Sequence[Path],
) -> Iterator[Home]:
    """A daemon with nothing installed but the images."""
    project = f"tars-it-{secrets.token_hex(4)}"
    home = Home(tmp_path_factory.mktemp("home"), project, engine_socket, plugins)
    home.take_images_from(archive)
    try:
        home.start()
        assert sorted(home.load(archive)) == archive.names
        yield home
    finally:
        home.clean()
