"""The gate alone: archives that hold what must not be read, however deep it is packed."""

import base64
import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarsd.operations.bundle import archive, layers
from tarsd.operations.bundle.gate import Gate
from tarsd.operations.bundle.space import Space
from tarsd.redaction import unfold
from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.search import READ, Searcher
from tests.unit.bundle.making import PASSWORD

LINE = f"2026-11-22 AUTH {PASSWORD} ok\n".encode()
SEARCHER = Searcher(Inventory([Known(PASSWORD, "x", "secret")]))

Pack = Callable[[bytes], bytes]


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inner.log", content)
    return target.getvalue()


def tarred(content: bytes, name: str = "inner.log") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return target.getvalue()


PACKS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "tar": tarred,
}


def judged(directory: Path, files: dict[str, bytes]) -> dict[str, str]:
    path = directory / "b.tar.gz"
    archive.write(path, "top", 0, files.items(), Space(directory))
    return Gate(SEARCHER, directory).judge(path, [len(it) for it in files.values()])


def test_clean_archive(tmp_path: Path) -> None:
    assert judged(tmp_path, {"a.log": b"ready\n", "b/c.log": gzip.compress(b"steady\n")}) == {}


def test_each_file_with_a_hit_is_named_and_no_other(tmp_path: Path) -> None:
    files = {"a.log": b"ready\n", "b.log": LINE, "c.log": base64.b64encode(LINE)}
    assert judged(tmp_path, files) == dict.fromkeys(["b.log", "c.log"], "a known value")


def packed_in_text(content: bytes, pack: Pack, width: int) -> bytes:
    """As a value in a log: base64, in lines or in one."""
    coded = base64.b64encode(pack(content)).decode()
    lines = [coded[at : at + width] for at in range(0, len(coded), width)]
    shown = "\n  ".join(lines)
    return f"12:00 state={shown} saved\n".encode()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
@pytest.mark.parametrize("width", [76, 1 << 24])
def test_packed_in_base64_inside_text(tmp_path: Path, pack: Pack, width: int) -> None:
    files = {
        "steady.log": packed_in_text(b"steady\n" * 20, pack, width),
        "planted.log": packed_in_text(b"steady\n" * 20 + LINE, pack, width),
        "twice.log": packed_in_text(packed_in_text(LINE, pack, 1 << 24), pack, width),
    }
    assert judged(tmp_path, files) == dict.fromkeys(["planted.log", "twice.log"], "a known value")


def test_packed_in_base64_across_what_is_read_at_once(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(READ).hex().encode()
    text = packed_in_text(noise + LINE, gzip.compress, 1 << 24)
    assert len(text) > READ
    assert judged(tmp_path, {"a.log": text}) == {"a.log": "a known value"}


@pytest.mark.parametrize("size", [unfold.LARGEST + 1, 2 * unfold.LONGEST])
def test_packed_in_base64_beyond_the_limits_counts_as_found(tmp_path: Path, size: int) -> None:
    """One that is a bomb, and one that is as large as it is packed."""
    content = bytes(size) if size > unfold.LARGEST else random.Random(1).randbytes(size)
    text = packed_in_text(content, gzip.compress, 1 << 30)
    assert judged(tmp_path, {"a.log": text}) == {"a.log": "a known value"}


def test_name_of_a_file(tmp_path: Path) -> None:
    name = f"{PASSWORD.replace('/', '%2F')}.log"
    assert judged(tmp_path, {name: b"x\n"}) == {name: "its name"}


def test_name_of_what_is_packed(tmp_path: Path) -> None:
    found = judged(tmp_path, {"a.tar": tarred(b"x", PASSWORD)})
    assert found == {"a.tar": "a known value"}, "a tar's names lie open in it"
    found = judged(tmp_path, {"a.tar.gz": gzip.compress(tarred(b"x", PASSWORD))})
    assert "packed in it" in found["a.tar.gz"]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(sorted(PACKS)), min_size=1, max_size=layers.DEEPEST))
def test_packed_in_any_way(tmp_path_factory: pytest.TempPathFactory, packs: list[str]) -> None:
    content = LINE
    for name in packs:
        content = PACKS[name](content)
    assert judged(tmp_path_factory.mktemp("gate"), {"a": content}).keys() == {"a"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x28\xb5\x2f\xfd" + b"x" * 20, "a kind that is not unpacked here"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-20], "cannot be unpacked"),
        (b"\x1f\x8bno gzip at all", "cannot be unpacked"),
    ],
)
def test_what_cannot_be_searched_counts_as_found(tmp_path: Path, content: bytes, why: str) -> None:
    assert why in judged(tmp_path, {"a": content})["a"]


def test_layers_without_end(tmp_path: Path) -> None:
    content = b"x\n"
    for _ in range(layers.DEEPEST + 1):
        content = gzip.compress(content)
    assert "more than 5 layers" in judged(tmp_path, {"a": content})["a"]


def test_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LARGEST", 1 << 20)
    assert "too large" in judged(tmp_path, {"a": gzip.compress(bytes(8 << 20))})["a"]
