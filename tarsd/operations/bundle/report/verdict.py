"""How the machine is, in one word and one sentence, by the best witness there is."""

from dataclasses import dataclass
from typing import Literal

from tarsd.operations.bundle.report.found import Found, Row, inner

Colour = Literal["good", "warn", "bad", "dim"]

COLOURS: dict[str, Colour] = {
    "healthy": "good", "pass": "good", "GO": "good", "done": "good", "resolved": "good",
    "degraded": "warn", "warn": "warn", "unknown": "warn", "starting": "warn", "held": "bad",
    "unhealthy": "bad", "fail": "bad", "NO-GO": "bad", "open": "bad", "needs-owner": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """`word` is the status' own, `sentence` what stands beside it."""

    word: str
    colour: Colour
    sentence: str


def verdict(found: Found) -> Verdict:
    """The daemon's; where it did not answer, what the checks make of it; else nothing is known."""
    status = found.status
    if status.get("installed") is False:
        return Verdict("nothing installed", "dim", "tarsd runs, and there is no stack yet")
    if status:
        word = str(status.get("overall") or "unknown")
        return Verdict(word, COLOURS.get(word, "dim"), str(status.get("message") or ""))
    word = "tarsd does not answer" if found.silent else "unknown"
    witness = "the doctor, run without it" if found.silent else "no status is in here; the doctor"
    counts = inner(found.doctor.get("counts"))
    if counts:
        colour: Colour = "bad" if counts.get("failed") else "warn"
        return Verdict(word, colour, f"{witness}: {tally(counts)}")
    return Verdict(word, "bad" if found.silent else "warn", "nor is there what the checks found")


def tally(counts: Row) -> str:
    """How many findings of each kind."""
    names = ("passed", "warned", "failed", "skipped", "unknown")
    return ", ".join(f"{counts.get(name) or 0} {name}" for name in names)
