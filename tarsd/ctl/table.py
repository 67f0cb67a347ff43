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


def wrap(text: str, width: int | None, indent: int, hang: int = 0) -> list[str]:
    """Breaks a text between words at `width` columns of which `indent` are taken; no width, no break.

    Lines after the first begin with `hang` spaces. A word that is longer than a line stays whole: a command or a path
    in two pieces cannot be copied.
    """
    if width is None or indent + len(text) <= width:
        return [text]
    import textwrap

    room = max(width - indent, 20)
    lines = textwrap.wrap(
        text, room, subsequent_indent=" " * hang, break_on_hyphens=False, break_long_words=False
    )
    return lines or [text]


def fix_lines(fix: str, width: int | None, indent: int) -> list[str]:
    """What mends a finding, below its summary."""
    first, *more = wrap(fix, width, indent + 5)
    return [f"{'':{indent}}fix: {first}", *(f"{'':{indent + 5}}{line}" for line in more)]


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """As much of a text as fits, with `ellipsis` where something is left out."""
    return text if len(text) <= columns else text[: max(columns - len(ellipsis), 0)] + ellipsis
