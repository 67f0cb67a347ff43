"""The table of faults: a run of tests/machine/test_faults.py makes it, docs/reliability.md shows it.

`python -m tests.machine.faults.table` puts the table that the last run wrote into dist/ in its place there.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

MADE = (ROOT / "dist" / "faults").with_suffix(".md")
SHOWN = ROOT / "docs" / "reliability.md"
BEGIN = "<!-- faults: made by a run of tests/machine/test_faults.py -->"
END = "<!-- faults: end -->"
HEAD = (
    "| what was done | fault | seen after | act issued after | serving again after | acts | outcome |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Row:
    """One fault; times are in seconds from its injection, None where there was no such moment."""

    done: str
    fault: str
    seen: float | None
    act: float | None
    serving: float | None
    acts: int
    outcome: str

    def line(self) -> str:
        times = (_seconds(self.seen), _seconds(self.act), _seconds(self.serving))
        return f"| {' | '.join([self.done, self.fault, *times, str(self.acts), self.outcome])} |"


def _seconds(time: float | None) -> str:
    return "-" if time is None else f"{time:.1f} s"


def write(rows: Sequence[Row], path: Path = MADE) -> None:
    """One table of these rows, in their order."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*HEAD, *(row.line() for row in rows)]) + "\n", encoding="utf-8")


def placed(text: str, table: str) -> str:
    """The document with this table between its two marks.

    Raises ValueError: there are no marks, or the table lacks a row that is shown there: it is of a run of a part.
    """
    before, begin, rest = text.partition(BEGIN)
    shown, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"cannot find {BEGIN} and {END} in the document")
    lacking = sorted(_done(shown) - _done(table))
    if lacking:
        raise ValueError(f"cannot replace the table: this run lacks {', '.join(lacking)}")
    return f"{before}{BEGIN}\n{table.strip()}\n{END}{after}"


def _done(table: str) -> set[str]:
    """What was done in each row."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return {line.split("|")[1].strip() for line in lines} - {"what was done", "---"}


def main() -> None:
    try:
        text = placed(SHOWN.read_text(encoding="utf-8"), MADE.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        sys.exit(
            f"{error}; a whole run: packaging/test machine tests/machine/test_faults.py --every-fault"
        )
    SHOWN.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
