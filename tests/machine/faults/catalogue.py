"""The second table of faults: those of the catalogue, each in its variants, as a run of test_catalogue_*.py saw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.tree import ROOT

HEAD = ("| fault | variant | seen after | outcome |", "|---|---|---|---|")


@dataclass(frozen=True)
class Variant:
    """One fault, done in one way; `seen` is in seconds from its injection, None where there was no such moment."""

    fault: str
    done: str
    seen: float | None
    outcome: str

    def line(self) -> str:
        seen = "-" if self.seen is None else f"{self.seen:.1f} s"
        return f"| {' | '.join([f'`{self.fault}`', self.done, seen, self.outcome])} |"


def write(subject: str, rows: Sequence[Variant]) -> None:
    """One table of these rows, in their order: a file of dist."""
    made = (ROOT / "dist" / f"catalogue-{subject}").with_suffix(".md")
    made.parent.mkdir(exist_ok=True)
    made.write_text("\n".join([*HEAD, *(row.line() for row in rows)]) + "\n", encoding="utf-8")
