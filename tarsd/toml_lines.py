"""Where in a TOML text each key stands: the parser gives values, an error message needs the line."""

import re
from collections.abc import Iterator

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_MULTILINE = ('"""', "'''")


def _dotted(text: str) -> tuple[tuple[str, ...], str]:
    """Read a dotted key from the start of `text`; returns its parts and what follows."""
    parts: list[str] = []
    while match := _PART.match(text):
        parts.append(next(group for group in match.groups() if group is not None))
        text = text[match.end() :]
        if not text.startswith("."):
            break
        text = text[1:]
    return tuple(parts), text


def _outside_strings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Numbered lines that do not lie within a multi-line string."""
    closing = ""
    for number, line in enumerate(lines, start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        yield number, line
        for quotes in _MULTILINE:
            if line.count(quotes) % 2:
                closing = quotes


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Line number, from 1, of each key and table header of a TOML text that parses."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in _outside_strings(text.splitlines()):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _dotted(stripped.lstrip("["))[0]
            found.setdefault(table, number)
            continue
        key, rest = _dotted(stripped)
        if key and rest.startswith("="):
            found.setdefault(table + key, number)
    return found
