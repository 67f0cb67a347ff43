"""How many documents there are: counted by a job, remembered with the time it was done."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tarsd.errors import JobFailed
from tarsd.host.blocking import whole
from tarsd.host.files import write_atomic
from tarsd.host.own_jobs import OwnJobs
from tarsd.times import now

SECONDS = 20.0
"""For counting: some 100,000 files on a home NAS. What is not reached by then is not in the count, which says so."""


@dataclass(frozen=True)
class Count:
    """`complete` is false where there are more."""

    source: str
    documents: int
    complete: bool
    at: str


class Documents:
    """Remembers the last count across restarts; never looks at the share itself."""

    def __init__(self, jobs: OwnJobs, file: Path) -> None:
        self._jobs = jobs
        self._file = file
        self._counting = False
        self._last = self._read()

    def last(self, source: str | None) -> Count | None:
        """The last count of that source."""
        return self._last if self._last is not None and self._last.source == source else None

    async def count(self, source: str, path: str) -> Count:
        """Count what is mounted at `path` now. Raises JobFailed where it cannot be read or does not answer."""
        if self._counting:
            raise JobFailed(
                "cannot count the documents: they are being counted", fix="try again in a minute"
            )
        self._counting = True
        try:
            answer = await self._jobs.ask(
                "nas-count",
                {"path": path, "seconds": SECONDS},
                deadline=SECONDS + 10,
                rights={"ProtectHome": ("s", "read-only")},
            )
        finally:
            self._counting = False
        self._last = found = Count(source, answer["documents"], answer["complete"], now())
        with suppress(OSError):  # a full disk costs the memory of it after a restart, not the count
            await whole(write_atomic, self._file, json.dumps(asdict(found)))
        return found

    async def forget(self) -> None:
        """There is nothing to count any more. Raises OSError."""
        self._last = None
        await whole(self._file.unlink, missing_ok=True)

    def _read(self) -> Count | None:
        try:
            known: dict[str, Any] = json.loads(self._file.read_bytes())
            return Count(**known)
        except (
            OSError,
            ValueError,
            TypeError,
        ):  # only a number that is counted anew at the next test
            return None
