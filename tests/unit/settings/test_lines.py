"""An error about a key names the line it stands in, whatever TOML is around it."""

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarsd.toml_lines import key_lines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\n", "a", 1),
        ("\n\n[t]\n\na = 1", "t.a", 5),
        ("[t]\na = 1", "t", 1),
        ("[t . 'u']\n\"a\" = 1", "t.u.a", 2),
        ("t.u.a = 1", "t.u.a", 1),
        ("t.u.a = 1", "t", 1),
        ("a = 1\r\nb = 2\r\n", "b", 2),
        ("x = [\n[1],\n]\na = 1", "a", 4),
        ("x = [\n'a = 2',\n]\na = 1", "a", 4),
        ('# """\na = 1', "a", 2),
        ('x = \'"""\'\na = 1', "a", 2),
        ('x = """\na = 2\n"""\na = 1', "a", 4),
        ("x = '''a = 2\n[t]\n'''\na = 1", "a", 4),
        ("x = 'one\u2028two\u0085three'\na = 1", "a", 2),
        ("t = {u = {a = 1}, b = 2}", "t.u.a", 1),
        ("x = {u = [1,\n2]}\na = 1", "a", 3),
        ("[t] # [u]\na = 1 # b = 2", "t.a", 2),
        ("[[t]]\na = 1\n[[t]]\na = 2", "t.a", 2),
    ],
)
def test_the_line_of_a_key(text: str, key: str, line: int) -> None:
    tomllib.loads(text)
    assert key_lines(text)[tuple(key.split("."))] == line


def test_what_only_looks_like_a_key_has_no_line() -> None:
    found = key_lines('x = """\nghost = 1\n"""\n# spirit = 2\ny = ["spook = 3"]\n')
    assert found.keys() == {("x",), ("y",)}


NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters='"\\'), max_size=6
)
VALUES = st.sampled_from(
    [
        "1",
        "true",
        "'[x]'",
        '"a = 1"',
        "'''\nghost = 1\n[ghost]\n'''",
        '"""\n\\"""\nghost = 1"""',
        '[\n  [1, 2], # ]\n  [\'"""\'],\n]',
        "{}",
        "1979-05-27T07:32:00Z",
        "'\u2028'",
        "'#'",
    ]
)
FILLERS = st.sampled_from(["", "# note = 1", '# """', "   ", "# [table]", "#'"])
NOTES = st.sampled_from(["", " # x = 1", " # '''"])


@settings(max_examples=80)
@given(data=st.data())
def test_every_key_of_any_toml_is_found_in_its_line(data: st.DataObject) -> None:
    tables = data.draw(st.lists(NAMES, unique=True, max_size=3))
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for table in (None, *tables):
        prefix: tuple[str, ...] = ()
        if table is not None:
            expected[(table,)] = _add(lines, f'[ "{table}" ]', data)
            prefix = (table,)
        for name in data.draw(st.lists(NAMES, unique=True, max_size=4)):
            if prefix or name not in tables:
                expected[(*prefix, name)] = _add(lines, f'"{name}" = {data.draw(VALUES)}', data)
    text = data.draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    parsed = tomllib.loads(text)
    assert expected.keys() >= _keys(parsed)
    found = key_lines(text)
    assert {key: found.get(key) for key in expected} == expected


def _add(lines: list[str], statement: str, data: st.DataObject) -> int:
    """Append a statement after some filling; returns the number of its first line."""
    lines.extend(data.draw(st.lists(FILLERS, max_size=2)))
    number = len(lines) + 1
    lines.extend((statement + data.draw(NOTES)).split("\n"))
    return number


def _keys(parsed: dict[str, Any]) -> set[tuple[str, ...]]:
    top = {(name,) for name in parsed}
    return top | {
        (name, below)
        for name, value in parsed.items()
        if isinstance(value, dict)
        for below in value  # pyright: ignore[reportUnknownVariableType]  what TOML holds is open
    }
