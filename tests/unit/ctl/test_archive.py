"""Which image archives are refused before a byte is sent."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.ctl.archive import check_archive
from tarsd.ctl.errors import ArchiveInvalidError, UsageError
from tests.unit.ctl.image_archive import MANIFEST, image_archive


def refusal(content: bytes, folder: Path) -> str:
    """Why an archive is refused; fails where it is not."""
    path = folder / "images.tar"
    path.write_bytes(content)
    with pytest.raises(ArchiveInvalidError) as caught:
        check_archive(str(path))
    return caught.value.message.removeprefix(f"cannot load {path}: ")


def test_whole_archive(tmp_path: Path) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(image_archive())
    archive = check_archive(str(path))
    assert (archive.size, archive.images) == (path.stat().st_size, ["redis:8.10.1"])


def test_compressed_archive(tmp_path: Path) -> None:
    path = tmp_path / "images.tar.gz"
    path.write_bytes(gzip.compress(image_archive()))
    assert check_archive(str(path)).images == ["redis:8.10.1"]


WHOLE = image_archive(padded=False)
LAYER = WHOLE.index(b"layer of redis")
MANIFEST_AT = WHOLE.index(b"manifest.json")


@pytest.mark.parametrize(
    "length",
    [LAYER, LAYER + 5, MANIFEST_AT, MANIFEST_AT + 100, MANIFEST_AT + 600, -1024, -512],
    ids=["before a layer", "in a layer", "at a header", "in a header", "in the manifest",
         "before the end mark", "in the end mark"],
)  # fmt: skip
def test_truncated_archive(tmp_path: Path, length: int) -> None:
    assert refusal(WHOLE[:length], tmp_path).startswith("it is truncated or damaged: ")


@given(length=st.integers(1, len(WHOLE) - 1))
def test_no_truncation_goes_unseen(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    assert refusal(WHOLE[:length], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("missing", [1, 8, 40])
def test_truncated_compressed_archive(tmp_path: Path, missing: int) -> None:
    content = gzip.compress(image_archive())[:-missing]
    assert refusal(content, tmp_path).startswith("it is truncated or damaged")


def test_garbage_in_the_middle(tmp_path: Path) -> None:
    whole = bytearray(WHOLE)
    whole[MANIFEST_AT : MANIFEST_AT + 512] = os.urandom(512)
    assert refusal(bytes(whole), tmp_path) == (
        "it is truncated or damaged: its end mark is missing"
    )


def test_layer_that_the_manifest_names_is_missing(tmp_path: Path) -> None:
    manifest = json.loads(MANIFEST)
    manifest[0]["Layers"].append("blobs/sha256/gone")
    assert refusal(image_archive(json.dumps(manifest).encode()), tmp_path) == (
        "it is truncated or damaged: blobs/sha256/gone is named in its manifest.json and not in it"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"#!/bin/sh\necho hello\n", "it is not a tar archive (plain, gzip, bzip2 or xz)"),
        (os.urandom(2048), "it is not a tar archive (plain, gzip, bzip2 or xz)"),
        (gzip.compress(b"text" * 300), "it is not a tar archive (plain, gzip, bzip2 or xz)"),
        (image_archive(None), "it holds no manifest.json, so it is no image archive"),
        (image_archive(b"{"), "its manifest.json is not that of an image archive"),
        (image_archive(b'{"a":1}'), "its manifest.json is not that of an image archive"),
        (image_archive(b'[{"Layers":[]}]'), "its manifest.json is not that of an image archive"),
        (image_archive(b"[1]"), "its manifest.json is not that of an image archive"),
    ],
    ids=["empty", "script", "noise", "gzip", "no manifest", "cut", "object", "no config", "int"],
)
def test_what_is_no_image_archive(tmp_path: Path, content: bytes, why: str) -> None:
    assert refusal(content, tmp_path) == why


def test_folder_inside_called_manifest(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("manifest.json")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert "holds no manifest.json" in refusal(buffer.getvalue(), tmp_path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.tar: there is no such file") as caught:
        check_archive(str(tmp_path / "gone.tar"))
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file(tmp_path: Path, make: object) -> None:
    path = tmp_path / "images.tar"
    assert callable(make)
    make(path)
    with pytest.raises(ArchiveInvalidError, match="it is not a regular file"):
        check_archive(str(path))


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(image_archive())

    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tarfile, "open", refuse)
    with pytest.raises(ArchiveInvalidError, match="Permission denied"):
        check_archive(str(path))
