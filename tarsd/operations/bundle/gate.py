"""The proof gate: the archive as it lies on the disk is opened again, and searched for all that is known.

It shares nothing with the redactor but the list of what is known: the search is code of its own (`redaction/search.py`).
"""

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from tarsd.errors import BundleFailed
from tarsd.operations.bundle.forked import FAILED, PROCESSES, each
from tarsd.operations.bundle.layers import Layers, Peeked, Unsearchable, is_packed

SECONDS, BYTES_A_SECOND = 30.0, 1_000_000
"""The search may take this long, and this much longer for the size of the archive's files."""


class Searches(Protocol):
    """What looks for all that is known, in every form."""

    def hits(self, source: BinaryIO) -> int: ...


class Gate:
    """Of one run; what it unpacks lies in `directory`, without a name."""

    def __init__(self, searcher: Searches, directory: Path) -> None:
        self._searcher = searcher
        self._directory = directory

    def judge(self, archive: Path, sizes: Sequence[int]) -> dict[str, str]:
        """Search the archive, whose files have these sizes, in order. Raises BundleFailed where that cannot be done.

        Returns what was found, by the file's name. Called from a process without threads.
        """
        shares = _shares(sizes)
        limit = SECONDS + sum(sizes) / BYTES_A_SECOND
        parts = range(PROCESSES)
        answers = each(parts, lambda it: self._share(archive, shares, it), lambda _: limit)
        hits: dict[str, str] = {}
        for part in parts:
            answer = answers[part]
            if FAILED in answer:
                raise BundleFailed(
                    f"cannot prove the bundle clean: the search failed, {answer[FAILED]}; it is destroyed"
                )
            if answer["files"] != len(sizes):
                raise BundleFailed(
                    f"cannot prove the bundle clean: {answer['files']} files are in it, not {len(sizes)};"
                    " it is destroyed"
                )
            hits |= answer["hits"]
        return hits

    def _share(self, archive: Path, shares: Sequence[int], part: int) -> Mapping[str, Any]:
        """One process's share of the files; every one looks at all names."""
        files, hits = 0, dict[str, str]()
        with tarfile.open(archive, "r:gz") as tar:
            for info in tar:
                name = info.name.partition("/")[2]
                if part == 0 and self._in_words(info):
                    hits[name] = "its name"
                if not info.isfile():
                    continue
                if files < len(shares) and shares[files] == part:
                    stream = tar.extractfile(info)
                    assert stream is not None
                    if why := self._in_file(cast("BinaryIO", stream)):
                        hits[name] = why
                files += 1
        return {"files": files, "hits": hits}

    def _in_words(self, info: tarfile.TarInfo) -> bool:
        words = "\n".join(
            (info.name, info.linkname, info.uname, info.gname, *info.pax_headers.values())
        )
        return self._searcher.hits(io.BytesIO(words.encode("utf-8", "surrogateescape"))) > 0

    def _in_file(self, stream: BinaryIO) -> str | None:
        """Why it may not be handed out; None where nothing was found."""
        whole = Peeked(stream)
        packed = is_packed(whole.head)
        if self._searcher.hits(cast("BinaryIO", whole)):
            return "a known value"
        if not packed:
            return None
        stream.seek(0)  # dear: the archive is unpacked anew up to here
        try:
            for name, layer in Layers(self._directory).of(stream):
                if self._searcher.hits(io.BytesIO(name.encode("utf-8", "surrogateescape"))):
                    return "a known value, in the name of what is packed in it"
                if self._searcher.hits(layer):
                    return "a known value, in what is packed in it"
        except Unsearchable as error:
            return str(error)
        return None


def _shares(sizes: Sequence[int]) -> list[int]:
    """Which process looks at which file, so that all have as many bytes."""
    load = [0] * PROCESSES
    shares = [0] * len(sizes)
    for number in sorted(range(len(sizes)), key=lambda it: -sizes[it]):
        shares[number] = load.index(min(load))
        load[shares[number]] += sizes[number] + 1
    return shares
