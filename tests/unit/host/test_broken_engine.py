"""Whatever is at the other end, the client says one of its two errors, in words, in time."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tarsd.errors import ArchiveInvalid, EngineRefused, EngineUnavailable, ImageMissing
from tarsd.host.docker_api import DEADLINE, DockerApi
from tarsd.host.images import Images
from tests.unit.broken_engine import MISBEHAVIOURS, BrokenEngine


@pytest.fixture(params=MISBEHAVIOURS)
def misbehaviour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def broken(tmp_path: Path, misbehaviour: str) -> AsyncIterator[DockerApi]:
    """A client of an Engine that misbehaves from its first answer on."""
    engine = BrokenEngine(tmp_path / "docker.sock", MISBEHAVIOURS[misbehaviour], good=False)
    await engine.start()
    docker = DockerApi(str(tmp_path / "docker.sock"))
    yield docker
    await docker.close()
    await engine.stop()


@pytest.fixture
async def half_broken(tmp_path: Path, misbehaviour: str) -> AsyncIterator[DockerApi]:
    """A client of one that tells its version before it misbehaves."""
    engine = BrokenEngine(tmp_path / "docker.sock", MISBEHAVIOURS[misbehaviour], good=True)
    await engine.start()
    docker = DockerApi(str(tmp_path / "docker.sock"))
    yield docker
    await docker.close()
    await engine.stop()


async def test_asked_for_its_version(broken: DockerApi, clock: Callable[[], float]) -> None:
    began = clock()
    with pytest.raises((EngineUnavailable, EngineRefused)) as caught:
        await broken.version()
    assert clock() - began < DEADLINE + 2
    assert caught.value.message.startswith("cannot ")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


async def test_asked_for_anything_else(half_broken: DockerApi, clock: Callable[[], float]) -> None:
    began = clock()
    with pytest.raises((EngineUnavailable, EngineRefused)) as caught:
        await half_broken.object("/info")
    assert clock() - began < DEADLINE + 2
    assert "\n" not in caught.value.message


# Whether a pull that ended without a word brought anything is asked afterwards.
@pytest.mark.parametrize(
    "misbehaviour",
    sorted(MISBEHAVIOURS.keys() - {"drips", "sends nothing with a 200"}),
    indirect=True,
)
async def test_in_the_middle_of_a_pull(half_broken: DockerApi) -> None:
    with pytest.raises((EngineUnavailable, ImageMissing)):
        await Images(half_broken).pull("redis:8", lambda _done, _total, _words: None)


# An upload that is no longer taken is the client's to give up: it asks the daemon meanwhile.
@pytest.mark.parametrize(
    "misbehaviour", sorted(MISBEHAVIOURS.keys() - {"drips", "hangs"}), indirect=True
)
async def test_in_the_middle_of_a_load(half_broken: DockerApi) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536

    with pytest.raises((EngineUnavailable, ArchiveInvalid)):
        await Images(half_broken).load(stream())
