"""A run of the bundle on made-up collectors, with the real redactor, gate and archive."""

import io
import tarfile
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import repeat
from pathlib import Path
from typing import Any

from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream
from tarsd.operations.bundle.manifest import Facts
from tarsd.operations.bundle.redacting import Redacted
from tarsd.operations.bundle.redactors import Machinery
from tarsd.operations.bundle.run import Parts, Run, Wants
from tarsd.redaction.known import Known

PASSWORD = "Tr0ub4dor&3/horse"
SINCE = datetime(2026, 11, 22, tzinfo=timezone.utc)


def collector(name: str, files: Mapping[str, bytes | Sequence[bytes]], **more: Any) -> Collector:
    """One whose files have this content, each in one piece or several."""

    async def stream(pieces: Iterable[bytes]) -> Stream:
        for piece in pieces:
            yield piece

    async def listed(_: Asked) -> AsyncGenerator[File, None]:
        for file, content in files.items():
            pieces = [content] if isinstance(content, bytes) else content
            yield File(file, lambda pieces=pieces: stream(pieces))

    return Collector(name, name.title(), f"what {name} has", listed, **more)


def no_report(_: Facts, __: Sequence[Redacted]) -> Mapping[str, bytes]:
    return {}


class Making:
    """Everything a run needs, each part to be replaced by a test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.knowns = [Known(PASSWORD, "secrets/redis-password", "secret")]
        self.collectors: list[Collector] = []
        self.machinery: type[Machinery] = Machinery
        self.report = no_report
        self.steps: list[tuple[str, int, int]] = []
        self.frees: Iterator[int] = repeat(10**12)

    def parts(self) -> Parts:
        return Parts(
            self.directory / "bundles",
            self.directory / "keys/bundle.pem",
            self.collectors,
            lambda: self.machinery(self.knowns, list, b"k" * 16),
            self.report,
            self._free,
        )

    def _free(self, _: Path) -> int:
        return next(self.frees)

    def make(self, **wants: Any) -> dict[str, Any]:
        wanted = Wants(SINCE, **wants)
        return Run(self.parts(), wanted, self._moved).make()

    def _moved(self, words: str, done: int, total: int) -> None:
        self.steps.append((words, done, total))

    def left(self) -> list[str]:
        """What lies in the directory of bundles, but for the lock."""
        return sorted(
            it.name for it in (self.directory / "bundles").glob("*") if it.name[0] != "."
        ) + sorted(it.name for it in (self.directory / "bundles").glob(".*") if it.name != ".lock")


def unpacked(made: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a finished bundle by their names in its folder."""
    with tarfile.open(fileobj=io.BytesIO(Path(made["path"]).read_bytes()), mode="r:gz") as tar:
        found = {it.name.partition("/")[2]: tar.extractfile(it) for it in tar if it.isfile()}
        return {name: stream.read() for name, stream in found.items() if stream}
