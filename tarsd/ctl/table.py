"""Aligned columns. A cell is its text and its style, so that colour never counts as width."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tarsd.ctl.console import Paint

    Cell = tuple[str, str]
    Row = Sequence[Cell]

GAP = 2


def plain(*texts: str) -> list[Cell]:
    """A row without styles."""
    return [(text, "") for text in texts]


def widths(rows: Sequence[Row]) -> list[int]:
    """The width of each column."""
    return [max(len(text) for text, _ in column) for column in zip(*rows, strict=True)]


def total_width(rows: Sequence[Row]) -> int:
    """Columns of the terminal that the rows need."""
    columns = widths(rows)
    return sum(columns) + GAP * (len(columns) - 1)


def align(rows: Sequence[Row], paint: Paint) -> list[str]:
    """One line per row, columns two spaces apart."""
    columns = widths(rows)
    lines: list[str] = []
    for row in rows:
        cells = [
            paint(style, text) + " " * (width - len(text))
            for (text, style), width in zip(row, columns, strict=True)
        ]
        lines.append((" " * GAP).join(cells).rstrip())
    return lines


def wrap(text: str, width: int | None, indent: int) -> list[str]:
    """Breaks a text at `width` columns of which `indent` are taken; no width, no break."""
    if width is None or indent + len(text) <= width:
        return [text]
    import textwrap

    return textwrap.wrap(text, max(width - indent, 20), break_on_hyphens=False) or [text]
