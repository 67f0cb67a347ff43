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
    """As the ledger has it. `fault` is a check's id; of one fault and subject at most one incident is not resolved.

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
    evidence: tuple[str, ...] = ()
    """Names of the files kept of it."""
    entries: tuple[Entry, ...] = field(default=())
    """The timeline, where it was asked for."""
