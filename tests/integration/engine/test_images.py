"""Images, in a real Engine and without a registry."""

from collections.abc import AsyncIterator

import pytest

from tarsd.errors import ArchiveInvalid, ImageMissing
from tarsd.host.images import Images
from tests.integration.engine.lab import Lab


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 65536):
        yield content[at : at + 65536]


def unseen(done: int, total: int, words: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def images(lab: Lab) -> Images:
    return Images(lab.docker)


async def test_an_image_from_an_archive_is_pinned_by_its_id(images: Images, lab: Lab) -> None:
    found = await images.find(lab.small)
    assert found is not None
    assert found.digest is None
    assert found.pinned(lab.small) == found.id
    assert found.id.startswith("sha256:")
    assert await images.find(found.id) == found


async def test_an_image_that_is_not_here(images: Images, lab: Lab) -> None:
    assert await images.find(f"{lab.project}:none") is None


async def test_an_archive_that_was_saved_is_loaded_again(images: Images, lab: Lab) -> None:
    reference = await lab.image()
    before = await images.find(reference)
    assert before is not None
    saved = await lab.archive(reference)
    await lab.docker.delete(f"/images/{reference}")
    assert await images.find(reference) is None
    assert await images.load(pieces(saved)) == [reference]
    assert await images.find(reference) == before


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
async def test_an_archive_cut_short_is_invalid(images: Images, lab: Lab, part: float) -> None:
    saved = await lab.archive(await lab.image())
    whole = saved.rstrip(b"\0")
    with pytest.raises(ArchiveInvalid, match="cannot load the image archive") as caught:
        await images.load(pieces(whole[: int(len(whole) * part)]))
    assert caught.value.fix is not None


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 10240, b"PK\x03\x04" * 5000])
async def test_what_is_no_archive_is_invalid(images: Images, content: bytes) -> None:
    with pytest.raises(ArchiveInvalid, match="cannot load the image archive"):
        await images.load(pieces(content))


async def test_a_registry_that_is_not_there_is_told_with_its_name(images: Images) -> None:
    with pytest.raises(
        ImageMissing, match=r"cannot pull 127\.0\.0\.1:9/none:1: 127\.0\.0\.1:9 refuses"
    ):
        await images.pull("127.0.0.1:9/none:1", unseen)
