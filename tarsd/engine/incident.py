"""An incident: the life of one failing finding, from opened to resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class IncidentStatus(str, Enum):
    """Held: the healer has given up for now; it looks again every half hour and says so."""

    OPEN = "open"
    HELD = "held"
    RESOLVED = "resolved"


class EntryKind(str, Enum):
    """What a line of the timeline tells."""

    SEEN = "seen"
    DECIDED = "decided"
    SAVED = "saved"
    DID = "did"
    VERIFIED = "verified"
    HELD = "held"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    OWNER = "owner"
    OMITTED = "omitted"
    """Stands for the lines between the first and the newest ones that are not kept."""


@dataclass(frozen=True)
class Entry:
    """One line: when, what kind, in words; `seconds` is how long it took, `data` is for programs."""

    at: str
    kind: EntryKind
    text: str
    seconds: float | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Incident:
    """As the ledger has it; `id` is 0 while the disk has not taken it yet. `fault` is a check's id.

    Of one fault and subject at most one incident is not resolved.
    `attempts` counts the acts in a row that did not mend it; `next_try` is when the healer may try again.
    """

    id: int
    fault: str
    subject: str
    status: IncidentStatus
    severity: str
    """`fail` or `warn`, as the finding's."""
    summary: str
    fix: str | None
    opened: str
    resolved: str | None = None
    attempts: int = 0
    next_try: str | None = None
    reopened: int = 0
    """How often it came back within the time in which a return counts as the same incident."""
    acknowledged: str | None = None
    by_owner: bool = False
    """The owner closed it by hand: nobody has seen it pass."""
    muted: str | None = None
    """Until when what the owner closed by hand is not opened again, unless it passed before."""
    evidence: tuple[str, ...] = ()
    """Names of the files kept of it."""
    entries: tuple[Entry, ...] = field(default=())
    """The timeline, where it was asked for."""

    @property
    def key(self) -> tuple[str, str]:
        """What at most one unresolved incident is of: fault and subject."""
        return self.fault, self.subject

    def is_the_same(self, other: "Incident") -> bool:
        """Whether what lies on disk under one id is this one, be it under an earlier name."""
        return (self.subject, self.opened) == (other.subject, other.opened)


def said(subject: str, text: str) -> str:
    """What is said of a subject: with its name before it, unless it begins with that."""
    return text if text.startswith(subject) else f"{subject}: {text}"


class How(str, Enum):
    """What became of a failing finding."""

    OPENED = "opened"
    REOPENED = "reopened"
    KEPT = "kept"


@dataclass(frozen=True)
class Opened:
    """The incident of a failing finding, as it is on disk, and what became of the finding."""

    incident: Incident
    how: How


class Outcome(str, Enum):
    """How an act ended. Interrupted: tarsd ended first, so whether it was done is not known."""

    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Act:
    """What the healer did, or has begun. `counts`: it is one of the machine's acts per hour."""

    id: int
    incident: int
    remedy: str
    counts: bool
    began: str
    ended: str | None = None
    outcome: Outcome | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Repairs:
    """How long the incidents of one fault lasted, opened to resolved, over those that are kept.

    Those that the owner closed by hand do not count: nobody has seen them mended.
    """

    fault: str
    count: int
    median_seconds: float
