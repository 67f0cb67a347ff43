"""What the daemon knows of an unresolved incident beyond its row, and how often it came back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tarsd.engine.incident import Entry, EntryKind, How, Incident, said
from tarsd.times import words

Key = tuple[str, str]

MOST_RETURNS = 3
"""Returns within RETURNS_WITHIN after which an incident counts as flapping."""

RETURNS_WITHIN = 3600.0
"""Seconds."""

CALM = 600.0
"""Seconds for which what flaps must have passed before it is resolved (kubelet, too, takes 10 min for well again)."""

_FIGURES = re.compile(r"\d+(?:\.\d+)?")


@dataclass
class Life:
    """All times here are monotonic, in seconds. `noted` is the summary that the timeline has last, `noted_at` since when."""

    incident: Incident
    since: float
    noted: str
    noted_at: float
    how: How = How.OPENED
    passing_since: float | None = None
    wait_until: float | None = None
    flapping_told: bool = False
    did: list[str] = field(default_factory=list[str])

    def tells_new(self, summary: str) -> bool:
        """Whether a summary says something else than the timeline; other figures alone do not."""
        return _FIGURES.sub("#", summary) != _FIGURES.sub("#", self.noted)


class Returns:
    """Which faults come and go: what failed again within `again_within` seconds of its end, by fault and subject."""

    def __init__(self, again_within: float) -> None:
        self._again_within = again_within
        self._ended: dict[Key, float] = {}
        self._returned: dict[Key, list[float]] = {}

    def ended(self, key: Key, now: float) -> None:
        """It was resolved."""
        self._forget(now)
        self._ended[key] = now

    def began(self, key: Key, now: float) -> None:
        """It fails, and did not before."""
        ended = self._ended.pop(key, None)
        if ended is not None and now - ended < self._again_within:
            self._returned.setdefault(key, []).append(now)

    def remember(self, key: Key, times: list[float]) -> None:
        """What an earlier daemon saw."""
        if times:
            self._returned.setdefault(key, times)

    def within(self, key: Key, now: float) -> int:
        """How often it came back lately."""
        return sum(now - at < RETURNS_WITHIN for at in self._returned.get(key, ()))

    def flaps(self, key: Key, now: float) -> bool:
        """Whether it came back too often for its next pass to be believed at once."""
        return self.within(key, now) > MOST_RETURNS

    def _forget(self, now: float) -> None:
        old = [key for key, at in self._ended.items() if now - at >= self._again_within]
        for key in old:
            del self._ended[key]
        for key, times in list(self._returned.items()):
            if now - times[-1] >= RETURNS_WITHIN:
                del self._returned[key]


def last_words(incident: Incident, did: Sequence[str], seconds: float | None) -> str:
    """An incident that is over in one line: what it was, what was done, how long it took."""
    parts = [said(incident.subject, incident.summary), *did[-1:]]
    if incident.by_owner:
        parts.append("closed by hand")
    elif seconds is not None:
        parts.append(f"well again after {words(seconds)}")
    return " · ".join([*parts, f"incident {incident.id}" if incident.id else "not recorded yet"])


def did_of(entries: tuple[Entry, ...]) -> list[str]:
    """What was done, of a timeline that was read."""
    return [entry.text for entry in entries if entry.kind is EntryKind.DID]


def lasted(entries: tuple[Entry, ...]) -> float | None:
    """How long it was, of a timeline that was read: the end's own word."""
    ends = [entry.seconds for entry in entries if entry.kind is EntryKind.RESOLVED]
    return ends[-1] if ends else None
