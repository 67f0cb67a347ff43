"""What the daemon's unit tests share: a loop on which waiting costs no time, and a machine's directories."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tarsd.paths import Paths
from tests.unit.clock import JumpingLoop
from tests.unit.fake_engine import FakeEngine


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    return {"jumping": JumpingLoop}


def pytest_configure(config: pytest.Config) -> None:
    # The sockets to systemd and to the journal live as long as the process; nothing closes them.
    config.addinivalue_line(
        "filterwarnings",
        r"ignore:unclosed <socket.socket fd=\d+, family=1, type=2:ResourceWarning",
    )


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The directories of a machine on which the package has just been installed."""
    made = Paths(
        etc=tmp_path / "etc", share=tmp_path / "share", state=tmp_path / "state", run=tmp_path
    )
    for directory in (made.etc, made.conf_d, made.share, made.state):
        directory.mkdir()
    return made


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[FakeEngine]:
    """A Docker Engine of one's own, up, with nothing in it."""
    fake = FakeEngine(tmp_path / "docker.sock")
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def docker(engine: FakeEngine) -> AsyncIterator[DockerApi]:
    """The client of that Engine."""
    api = DockerApi(str(engine.socket))
    yield api
    await api.close()


@pytest.fixture
async def clock() -> Callable[[], float]:
    """The loop's own time, which jumps: how long something would have taken."""
    return asyncio.get_running_loop().time
