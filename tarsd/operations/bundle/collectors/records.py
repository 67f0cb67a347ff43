"""What tarsd has on record, read from state.db itself, with or without a daemon: incidents, changes, the audit log."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from tarsd.errors import HostSilent
from tarsd.host.blocking import Unwaited
from tarsd.operations.bundle.collectors.documents import as_lines
from tarsd.operations.bundle.collectors.log_lines import newest as newest_lines
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere, Stream
from tarsd.operations.bundle.collectors.system import Read
from tarsd.paths import Paths
from tarsd.store import export

MOST_EVIDENCE = 20
"""Incidents whose evidence is taken, the newest."""

MOST = 256 * 1024
"""Bytes of a log in it; what is kept is no larger."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")


def incidents(read: Read, paths: Paths) -> Collector:
    """The ledger, and the files that were kept before acts."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        for name in ("incidents", "timeline", "acts", "boots", "intent"):
            yield _table(paths.database, name, f"incidents/{name}.jsonl")
        for path in await asyncio.to_thread(_kept, paths.evidence):
            place = f"incidents/evidence/{path.parent.name}/{path.name}"
            yield File(place, lambda path=path: _evidence(read, path))

    return Collector(
        "incidents",
        "Incidents",
        "the ledger with timelines, acts and evidence, what the owner wants running, how boots went",
        files,
        deadline=20.0,
        cap=12 * 1024 * 1024,
    )


def changes(paths: Paths) -> Collector:
    """Installs, fixes and the like, task by task."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        for name in ("changes", "tasks"):
            yield _table(paths.database, name, f"changes/{name}.jsonl")

    return Collector("changes", "Changes", "what was asked of tarsd, and how it ended", files)


def audit(paths: Paths) -> Collector:
    """Who asked for what, by uid."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield _table(paths.database, "audit", "audit/audit.jsonl")

    return Collector("audit", "Audit", "calls that changed something, with uid and pid", files)


def _table(database: Path, table: str, name: str) -> File:
    return rows_of(database, lambda: export.newest(database, table), name)


def rows_of(database: Path, read: Callable[[], Sequence[Any]], name: str) -> File:
    """What `read` finds in a database; it blocks, on whatever disk that lies."""

    async def stream() -> Stream:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(Unwaited("records"), read)
        except FileNotFoundError as error:
            raise NotHere(f"{database} is not there: nothing was ever recorded") from error
        except sqlite3.Error as error:
            raise HostSilent(f"cannot read {database}: {error}") from error
        async for line in as_lines(rows):
            yield line

    return File(name, stream)


def _kept(directory: Path) -> Sequence[Path]:
    if not directory.is_dir():
        return ()
    numbered = (path for path in directory.iterdir() if path.name.isdigit() and path.is_dir())
    newest = sorted(numbered, key=lambda path: int(path.name), reverse=True)[:MOST_EVIDENCE]
    return [
        file
        for path in newest
        for file in sorted(path.iterdir())
        if file.is_file() and _PLAIN.fullmatch(file.name)
    ]


async def _evidence(read: Read, path: Path) -> Stream:
    """A service's log is treated as it is elsewhere."""
    if not path.name.endswith("container.log"):
        async for piece in read(path):
            yield piece
        return

    async def numbered() -> AsyncIterator[tuple[int, bytes]]:
        async for piece in read(path):
            yield 0, piece

    async for line in newest_lines(numbered(), MOST):
        yield line
