#!/usr/bin/env python3
"""A screen as a picture: reads what a terminal showed, colours included, and writes an SVG.

    packaging/machine exec NAME -t -- tarsctl status | packaging/picture.py docs/pictures/status.svg

What lies in docs/pictures was made so, on a machine of packaging/machine.
"""

import re
import sys
from html import escape
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 8.4, 19, 18
PAPER, INK = "#11151c", "#d6dde6"
INKS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "2": "#8b949e"}
"""By the number of the escape sequence, as tarsctl uses them."""

SEQUENCE = re.compile(r"\x1b\[([\d;]*)m")
OTHER = re.compile(r"\x1b\[[?\d;]*[A-Za-ln-z]|\r")


def svg(text: str) -> str:
    """The picture; lines of any length."""
    lines = [OTHER.sub("", line).rstrip() for line in text.strip("\n").split("\n")]
    columns = max(len(SEQUENCE.sub("", line)) for line in lines)
    width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    rows = "\n".join(row for at, line in enumerate(lines) for row in _row(line, at))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>\n'
        f'<g font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="{INK}"'
        f' xml:space="preserve">\n{rows}\n</g>\n</svg>\n'
    )


def _row(line: str, at: int) -> list[str]:
    """Each run of one colour by itself, at its column: fonts differ in width."""
    y, column, ink = MARGIN + at * HEIGHT + 14, 0, ""
    rows: list[str] = []
    for number, part in enumerate(SEQUENCE.split(line)):
        if number % 2:
            ink = INKS.get(part.split(";")[-1], "")
        elif part.strip():
            start, length = MARGIN + column * WIDTH, len(part) * WIDTH
            fill = f' fill="{ink}"' if ink else ""
            rows.append(
                f'<text x="{start:.1f}" y="{y}" textLength="{length:.1f}"{fill}>{escape(part)}</text>'
            )
        column += 0 if number % 2 else len(part)
    return rows


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: packaging/picture.py FILE.svg < SCREEN")
    Path(sys.argv[1]).write_text(svg(sys.stdin.read()), encoding="utf-8")
