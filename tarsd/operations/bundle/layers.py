"""What is packed inside a file, layer by layer, so that it can be searched as well."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from tarsd.operations.bundle.private import nameless
from tarsd.sizes import MB

DEEPEST = 5
"""Layers within layers."""

LARGEST = 512 * MB
"""Bytes of all layers of one file: more is no diagnostic, but a bomb."""

BLOCK = 1 << 18

HEAD = 512
"""Bytes that say what a file is."""

BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


class Unsearchable(Exception):
    """A layer that cannot be unpacked, or not within the limits: what nobody has searched is not handed out."""


class Layers:
    """Unpacks into files without names in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._room = LARGEST

    def of(self, stream: BinaryIO, depth: int = 0) -> Iterator[tuple[str, BinaryIO]]:
        """The names in it, and the streams of all layers below, each at its beginning. Raises Unsearchable, OSError."""
        unpack = _unpack(stream.read(HEAD))
        stream.seek(0)
        if unpack is None:
            return
        if depth == DEEPEST:
            raise Unsearchable(f"more than {DEEPEST} layers")
        try:
            for name, inner in unpack(stream):
                with self._copy(inner) as layer:
                    yield name, layer
                    layer.seek(0)
                    yield from self.of(layer, depth + 1)
        except Unsearchable:
            raise
        except (*BROKEN, RuntimeError, NotImplementedError) as error:  # also a zip with a password
            raise Unsearchable(
                f"a layer that cannot be unpacked ({type(error).__name__})"
            ) from error

    def _copy(self, inner: IO[bytes]) -> BinaryIO:
        layer = nameless(self._directory)
        while block := inner.read(BLOCK):
            self._room -= len(block)
            if self._room < 0:
                layer.close()
                raise Unsearchable("layers that are too large")
            layer.write(block)
        layer.seek(0)
        return layer


Unpack = Callable[[BinaryIO], Iterator[tuple[str, IO[bytes]]]]


def is_packed(head: bytes) -> bool:
    """Whether a file that begins so holds others, or itself in another form."""
    return _unpack(head) is not None


def _unpack(head: bytes) -> Unpack | None:
    for magic, unpack in _KINDS.items():
        if head.startswith(magic):
            return unpack
    return _tar if head[257:262] == b"ustar" else None


class Peeked:
    """A stream whose beginning was looked at; nothing of it is lost, and it is not wound back."""

    def __init__(self, stream: BinaryIO) -> None:
        self.head = stream.read(HEAD)
        self._left = self.head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """As a stream's."""
        if size < 0:
            found, self._left = self._left + self._stream.read(), b""
            return found
        if self._left:
            found, self._left = self._left[:size], self._left[size:]
            return found
        return self._stream.read(size)


def _tar(stream: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        for info in tar:
            inner = tar.extractfile(info) if info.isfile() else None
            yield f"{info.name} {info.linkname}", inner or cast("IO[bytes]", _Nothing())


def _zip(stream: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as packed:
        for info in packed.infolist():
            with packed.open(info) as inner:
                yield f"{info.filename} {info.comment!r}", inner


def _one(opener: Callable[[BinaryIO], object]) -> Unpack:
    def unpack(stream: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
        yield "", cast("IO[bytes]", opener(stream))

    return unpack


def _refused(_: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
    raise Unsearchable("a layer of a kind that is not unpacked here")


class _Nothing:
    """The content of a directory or a link."""

    def read(self, _: int) -> bytes:
        return b""


_KINDS: dict[bytes, Unpack] = {
    b"\x1f\x8b": _one(lambda stream: gzip.GzipFile(fileobj=stream, mode="rb")),
    b"BZh": _one(bz2.BZ2File),
    b"\xfd7zXZ\x00": _one(lzma.LZMAFile),
    b"PK\x03\x04": _zip,
    b"\x28\xb5\x2f\xfd": _refused,  # zstd
    b"7z\xbc\xaf\x27\x1c": _refused,
    b"\x04\x22\x4d\x18": _refused,  # lz4
}
