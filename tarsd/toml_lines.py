"""Where in a TOML text each key stands: the parser gives values, an error message needs the line.

A statement (a table header or `key = value`, over as many lines as it takes) is TOML by itself, so the parser itself
finds where each ends: no second grammar to keep right.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Key = tuple[str, ...]

LONGEST_STATEMENT = 200
"""Lines; what does not parse by then is broken, and the parser's own error tells where."""


@dataclass(frozen=True)
class Repeat:
    """A key or table that stands twice."""

    key: Key
    first: int
    again: int


def key_lines(text: str) -> dict[Key, int]:
    """Line number, from 1, of each key and table header of a TOML text that parses."""
    found: dict[Key, int] = {}
    for line, keys, _ in _keys(text):
        for key in keys:
            for length in range(1, len(key) + 1):
                found.setdefault(key[:length], line)
    return found


def first_repeat(text: str) -> Repeat | None:
    """The first key or table that is set again, if there is one."""
    found: dict[Key, int] = {}
    for line, keys, is_array in _keys(text):
        if is_array:  # [[table]] begins a fresh table each time
            array = keys[0]
            found = {key: at for key, at in found.items() if key[: len(array)] != array}
            continue
        for key in keys:
            if key in found:
                return Repeat(key, found[key], line)
            found[key] = line
    return None


def leaves(data: Mapping[str, Any], prefix: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value with its whole key; an empty table counts as a value."""
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from leaves(cast("dict[str, Any]", value), (*prefix, name))
        else:
            yield (*prefix, name), value


def _keys(text: str) -> Iterator[tuple[int, list[Key], bool]]:
    """Per statement: its line, the keys it sets as seen from the top of the file, whether it is a [[header]]."""
    table: Key = ()
    for line, data, is_header in _statements(text):
        keys = [key for key, _ in leaves(data)]
        if not is_header:
            yield line, [(*table, *key) for key in keys], False
            continue
        table, value = next(leaves(data))
        yield line, keys, isinstance(value, list)


def _statements(text: str) -> Iterator[tuple[int, dict[str, Any], bool]]:
    begun: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begun.append(line)
        try:
            data = tomllib.loads("\n".join(begun))
        except (ValueError, RecursionError):
            if len(begun) > LONGEST_STATEMENT:
                return
            continue
        if data:
            yield number - len(begun) + 1, data, begun[0].lstrip().startswith("[")
        begun = []
