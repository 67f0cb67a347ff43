"""Whether a name resolves and a port answers, asked in a job: a resolver may hang for half a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.host.own_jobs import OwnJobs

DEADLINE = 15.0
"""Seconds for all places together; the job gives each name and each connection less."""


@dataclass(frozen=True)
class Place:
    """A host, by name or address, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Reached:
    """`unresolved` and `unreached` are reasons in words; both None where it answered."""

    unresolved: str | None
    unreached: str | None


class Network:
    """Answers are kept as long as this object: it is made anew for each run of checks."""

    def __init__(self, jobs: OwnJobs, deadline: float = DEADLINE) -> None:
        self._jobs = jobs
        self._deadline = deadline
        self._kept: dict[Place, Reached] = {}

    async def reach(self, places: Sequence[Place]) -> Mapping[Place, Reached]:
        """What became of each place. Raises JobFailed."""
        fresh = sorted({it for it in places if it not in self._kept}, key=str)
        if fresh:
            rows: list[Mapping[str, Any]] = await self._jobs.ask(
                "reach", [[it.host, it.port] for it in fresh], deadline=self._deadline
            )
            for place, row in zip(fresh, rows, strict=True):
                self._kept[place] = Reached(row["unresolved"], row["unreached"])
        return {it: self._kept[it] for it in places}
