"""The archive of the stack's images, under names of a test run's own.

On this host's Engine nothing of the test stack may pass for the real thing, and runs side by side must not
take each other's images away.
"""

import io
import json
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

BLOCK = 512
PIECE = 256 * 1024


class Archive:
    """The file as it is, with a second manifest behind the first: the later one counts."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path = path
        self.prefix = prefix
        with tarfile.open(path) as tar:
            members = tar.getmembers()
            manifest = next(it for it in members if Path(it.name).name == "manifest.json")
            content = tar.extractfile(manifest)
            assert content is not None
            entries: list[dict[str, Any]] = json.load(content)
        last = members[-1]
        self._end = last.offset_data + -(-last.size // BLOCK) * BLOCK
        for entry in entries:
            entry["RepoTags"] = [f"{prefix}/{name}" for name in entry["RepoTags"]]
        self.names = sorted(name for entry in entries for name in entry["RepoTags"])
        self._tail = _tar(manifest.name, json.dumps(entries).encode())

    @property
    def size(self) -> int:
        """In bytes."""
        return self._end + len(self._tail)

    def pieces(self, size: int | None = None) -> Iterator[bytes]:
        """The first `size` bytes, or all."""
        left = self.size if size is None else size
        for piece in self._whole():
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def stream(self, size: int | None = None) -> AsyncIterator[bytes]:
        """The same, as the daemon gets it from a client."""
        for piece in self.pieces(size):
            yield piece

    def _whole(self) -> Iterator[bytes]:
        left = self._end
        with self._path.open("rb") as file:
            while piece := file.read(min(PIECE, left)):
                left -= len(piece)
                yield piece
        yield self._tail


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
