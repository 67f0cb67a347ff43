"""Images: found by reference, pinned by digest or id, pulled with progress, loaded from a stream."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tarsd.errors import ArchiveInvalid, EngineUnavailable, ImageMissing
from tarsd.host.docker_api import DockerApi
from tarsd.host.images import Image, Images, repository
from tests.unit.fake_engine import FakeEngine

DIGEST = "sha256:" + "d1" * 32


def unseen(done: int, total: int, words: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def images(docker: DockerApi) -> Images:
    return Images(docker)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("redis", "redis"),
        ("redis:8.10.1", "redis"),
        ("docker.io/library/redis:8", "redis"),
        ("docker.io/chromadb/chroma:1.5.9", "chromadb/chroma"),
        ("ghcr.io/open-webui/open-webui:v0.12.4", "ghcr.io/open-webui/open-webui"),
        ("registry.lan:5000/tars-api", "registry.lan:5000/tars-api"),
        ("registry.lan:5000/tars-api:2.1", "registry.lan:5000/tars-api"),
        (f"redis@{DIGEST}", "redis"),
        (f"redis:8@{DIGEST}", "redis"),
    ],
)
def test_the_repository_of_a_reference_as_the_engine_writes_it(
    reference: str, expected: str
) -> None:
    assert repository(reference) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("redis:8.10.1", f"redis:8.10.1@{DIGEST}"),
        (f"redis@{DIGEST}", f"redis@{DIGEST}"),
    ],
)
def test_an_image_from_a_registry_is_pinned_by_its_digest(reference: str, expected: str) -> None:
    assert Image("sha256:1d", DIGEST).pinned(reference) == expected


def test_an_image_from_an_archive_is_pinned_by_its_id() -> None:
    assert Image("sha256:1d", None).pinned("redis:8.10.1") == "sha256:1d"


async def test_an_image_that_is_not_here(images: Images) -> None:
    assert await images.find("redis:8.10.1") is None


@pytest.mark.parametrize(
    ("digests", "expected"),
    [
        (None, None),
        ([], None),
        ([f"redis@{DIGEST}"], DIGEST),
        ([f"mirror.lan/redis@{DIGEST}"], None),
        ([f"mirror.lan/redis@sha256:{'0' * 64}", f"redis@{DIGEST}"], DIGEST),
    ],
    ids=["archive", "built here", "registry", "known elsewhere only", "known in two places"],
)
async def test_the_digest_is_the_one_its_own_registry_knows(
    engine: FakeEngine, images: Images, digests: list[str] | None, expected: str | None
) -> None:
    engine.images["redis:8"] = {"Id": "sha256:1d", "RepoDigests": digests}
    assert await images.find("redis:8") == Image("sha256:1d", expected)


async def test_a_pull_shows_the_bytes_it_has(engine: FakeEngine, images: Images) -> None:
    engine.registry["redis:8"] = {"Id": "sha256:1d"}
    shown: list[tuple[int, int]] = []
    await images.pull("redis:8", lambda done, total, _: shown.append((done, total)))
    assert shown == [(0, 0), (1, 4), (4, 4), (4, 4)]
    assert await images.find("redis:8") is not None


async def test_a_reference_without_a_tag_means_latest_and_not_every_tag_there_is(
    engine: FakeEngine, images: Images
) -> None:
    engine.registry["registry.lan:5000/api:latest"] = {"Id": "sha256:1d"}
    await images.pull("registry.lan:5000/api", unseen)


async def test_a_pull_the_registry_refuses(images: Images) -> None:
    with pytest.raises(ImageMissing, match=r"cannot pull redis:9: .*manifest unknown") as caught:
        await images.pull("redis:9", unseen)
    assert caught.value.fix == "correct the name, in /etc/tars-home or on the command line"


async def test_a_pull_that_breaks_in_the_middle(engine: FakeEngine, images: Images) -> None:
    """The Engine has said 200 by then; the error is one of the lines."""
    lines = b'{"status": "Pulling fs layer", "id": "a"}\n{"error": "unexpected EOF"}\n'
    engine.say("/images/create", 200, lines)
    with pytest.raises(ImageMissing, match="cannot pull redis:8: unexpected EOF"):
        await images.pull("redis:8", unseen)


async def test_an_engine_that_is_down_is_not_a_missing_image(
    engine: FakeEngine, images: Images
) -> None:
    await engine.stop()
    with pytest.raises(EngineUnavailable):
        await images.pull("redis:8", unseen)


async def archive(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_an_archive_is_handed_on_as_it_comes(engine: FakeEngine, images: Images) -> None:
    engine.load_lines = [
        '{"stream": "Loaded image: redis:8\\n"}',
        '{"stream": "Loaded image ID: sha256:1d\\n"}',
        '{"status": "Loading layer"}',
    ]
    assert await images.load(archive(b"one", b"two")) == ["redis:8", "sha256:1d"]
    assert engine.loads == [b"onetwo"]


async def test_an_archive_the_engine_does_not_like(engine: FakeEngine, images: Images) -> None:
    engine.load_lines = ['{"errorDetail": {}, "error": "unexpected EOF\\n"}']
    with pytest.raises(ArchiveInvalid, match="the Engine says 'unexpected EOF'") as caught:
        await images.load(archive(b"half"))
    assert caught.value.fix is not None
    assert "docker save" in caught.value.fix


async def test_an_archive_refused_at_once(engine: FakeEngine, images: Images) -> None:
    engine.say("/images/load", 500, {"message": "no space left on device"})
    with pytest.raises(ArchiveInvalid, match="no space left on device"):
        await images.load(archive(b"x"))


async def test_an_archive_without_a_single_image_is_invalid(images: Images) -> None:
    """A tar of something else: the Engine takes it, says nothing, and has loaded nothing."""
    with pytest.raises(ArchiveInvalid, match="holds no image"):
        await images.load(archive(b"some other tar"))


async def test_an_engine_that_stops_taking_the_archive_is_given_up(
    engine: FakeEngine, images: Images, clock: Callable[[], float]
) -> None:
    engine.hang("/images/load")
    started = clock()
    with pytest.raises(EngineUnavailable, match="has taken nothing for 300 s"):
        await images.load(archive(*[bytes(1 << 20)] * 64))
    assert 300 <= clock() - started < 330


async def test_an_owner_may_be_slow_to_send_an_archive(engine: FakeEngine, images: Images) -> None:
    engine.load_lines = ['{"stream": "Loaded image: redis:8\\n"}']

    async def slow() -> AsyncIterator[bytes]:
        for piece in (b"one", b"two"):
            await asyncio.sleep(3600)
            yield piece

    assert await images.load(slow()) == ["redis:8"]
