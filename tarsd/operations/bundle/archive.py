"""The archive: a gzipped tar with one folder, whose bytes tell of nothing but its files."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from tarsd.operations.bundle.space import Space

LEVEL = 5
"""Of gzip; 9 takes three times as long for a twentieth less."""

Content = Path | bytes


def write(
    target: Path, top: str, made: int, members: Iterable[tuple[str, Content]], space: Space
) -> None:
    """Write all of them as files of nobody, 0600, of the time `made` (seconds since 1970). Raises OSError, NoSpace."""
    with target.open("wb") as raw:
        watched = _Watched(raw, space)
        with (
            gzip.GzipFile("", "wb", LEVEL, watched, made) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            tar.addfile(_directory(top, made))
            for name, content in members:
                _add(tar, _file(f"{top}/{name}", made), content)


def _add(tar: tarfile.TarFile, info: tarfile.TarInfo, content: Content) -> None:
    if isinstance(content, bytes):
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
        return
    with content.open("rb") as stream:
        info.size = content.stat().st_size
        tar.addfile(info, stream)


def _file(name: str, made: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = 0o600, made
    return info


def _directory(name: str, made: int) -> tarfile.TarInfo:
    info = _file(name, made)
    info.type, info.mode = tarfile.DIRTYPE, 0o700
    return info


class _Watched(io.RawIOBase):
    """What is written is told to the guard of the disk."""

    def __init__(self, stream: BinaryIO, space: Space) -> None:
        self._stream = stream
        self._space = space

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  all that gzip hands over
        count = self._stream.write(data)
        self._space.took(count)
        return count
