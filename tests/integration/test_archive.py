"""An archive of images streamed into a real Engine, whole or broken, and what it is known by afterwards."""

from collections.abc import AsyncIterator

import pytest

from tarsd.errors import ArchiveInvalid
from tarsd.host.docker_api import DockerApi
from tarsd.host.images import Images
from tests.integration.archive import Archive


async def test_an_archive_that_streams_in_brings_every_image_under_its_name(
    docker: DockerApi, archive: Archive
) -> None:
    images = Images(docker)
    assert sorted(await images.load(archive.stream())) == archive.names
    for name in archive.names:
        image = await images.find(name)
        assert image is not None
        pinned = image.pinned(name)
        assert pinned != name
        assert await images.find(pinned) == image


async def test_an_image_that_is_not_here_is_not_found(docker: DockerApi) -> None:
    images = Images(docker)
    assert await images.find("tars-integration.invalid/nothing:1") is None
    assert await images.find(f"sha256:{'0' * 64}") is None


@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
async def test_an_archive_that_ends_too_early_is_refused(
    docker: DockerApi, archive: Archive, part: float
) -> None:
    with pytest.raises(ArchiveInvalid, match="cannot load the image archive") as caught:
        await Images(docker).load(archive.stream(round(archive.size * part)))
    assert caught.value.fix is not None


@pytest.mark.parametrize("content", [b"", b"no archive at all\n" * 1000, b"\x1f\x8b" + b"\0" * 999])
async def test_a_foreign_file_is_refused(docker: DockerApi, content: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    with pytest.raises(ArchiveInvalid, match="cannot load the image archive"):
        await Images(docker).load(pieces())
