"""What a store held when it was last asked: a number that falls to nothing tells what no heartbeat does."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Count:
    """`collections` and `records` as they were at that time; records None where they were not counted.

    `run` tells one start of its container from another. `lost`: since then there are none.
    """

    collections: int
    records: int | None
    at: str
    run: str = ""
    lost: bool = False


class Counts(Protocol):
    """Kept over restarts."""

    async def last(self, subject: str) -> Count | None:
        """None where nothing was ever counted. Raises StateUnavailable."""
        ...

    async def note(self, subject: str, count: Count) -> None:
        """Keep it durably. Raises StateUnavailable."""
        ...


class Forgotten:
    """For who keeps nothing: a doctor without the daemon's records."""

    async def last(self, subject: str) -> Count | None:
        """Nothing is known."""

    async def note(self, subject: str, count: Count) -> None:
        """It is not kept."""
