"""What `tarsctl incidents --json` and `incidents show` say, in the shapes of docs/json.md."""

from typing import Literal

from pydantic import AwareDatetime

from tests.machine.shapes import Shape, Top


class Entry(Shape):
    """A line of a timeline."""

    at: AwareDatetime
    kind: Literal[
        "seen", "decided", "saved", "did", "verified", "held", "resolved", "reopened", "owner", "omitted"
    ]  # fmt: skip
    text: str
    seconds: float | None
    data: dict[str, object] | None


class Incident(Shape):
    """One row of `incidents`."""

    id: str | None
    fault: str
    subject: str
    status: Literal["open", "held", "resolved"]
    severity: Literal["fail", "warn"]
    summary: str
    fix: str | None
    opened: AwareDatetime
    resolved: AwareDatetime | None
    seconds: float | None
    attempts: int
    next_try: AwareDatetime | None
    reopened: int
    acknowledged: AwareDatetime | None
    by_owner: bool


class Repairs(Shape):
    """One row of `mttr`."""

    fault: str
    count: int
    median_seconds: float


class Incidents(Top):
    """`tarsctl incidents --json`."""

    incidents: list[Incident]
    mttr: list[Repairs] | None
    unreadable: int


class Story(Top, Incident):
    """`tarsctl incidents show ID --json`."""

    entries: list[Entry]
    evidence: list[str]
    evidence_path: str

    @property
    def acts(self) -> list[Entry]:
        """What was done, in order."""
        return [entry for entry in self.entries if entry.kind == "did"]

    @property
    def remedies(self) -> list[str]:
        """Which of the catalogue's remedies these were."""
        return [str((entry.data or {}).get("remedy")) for entry in self.acts]

    def tells(self, kind: str, words: str) -> bool:
        """Whether a line of that kind has these words."""
        return any(entry.kind == kind and words in entry.text for entry in self.entries)
