"""A measured figure beside its bar, and the table of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table; `bar` is the most it may be, None where there is none."""

    what: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def missed(self) -> bool:
        return self.bar is not None and self.value > self.bar

    def cells(self) -> tuple[str, str, str, str]:
        verdict = "" if self.bar is None else "missed" if self.missed else "held"
        bar = "" if self.bar is None else f"<= {self.bar:g} {self.unit}"
        return self.what, f"{self.value:.3g} {self.unit}", bar.strip(), verdict


def table(figures: list[Figure]) -> str:
    """A Markdown table with aligned columns, for the terminal and docs/performance.md."""
    rows = [("what", "measured", "bar", ""), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )
