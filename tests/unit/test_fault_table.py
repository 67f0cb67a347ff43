"""The table of faults that a run of machine tests writes, on its way into the documents."""

from pathlib import Path

import pytest

from tests.machine.faults.table import BEGIN, END, MADE, SHOWN, Row, placed, write

HUNG = Row("SIGSTOP", "service.hung", 12.34, 12.9, 19.06, 1, "resolved: restarted")
UNTOUCHED = Row("no such command", "none", None, None, None, 0, "no act")


def table(tmp_path: Path, *rows: Row) -> str:
    write(rows, tmp_path / "table")
    return (tmp_path / "table").read_text()


def test_times_that_there_were_not_are_told_as_such(tmp_path: Path) -> None:
    lines = table(tmp_path, HUNG, UNTOUCHED).splitlines()
    assert (
        lines[2]
        == "| SIGSTOP | service.hung | 12.3 s | 12.9 s | 19.1 s | 1 | resolved: restarted |"
    )
    assert lines[3] == "| no such command | none | - | - | - | 0 | no act |"


def test_it_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    before, now = table(tmp_path, UNTOUCHED), table(tmp_path, HUNG, UNTOUCHED)
    made = placed(f"above\n{BEGIN}\n{before}{END}\nbelow\n", now)
    assert made == f"above\n{BEGIN}\n{now}{END}\nbelow\n"
    assert placed(made, now) == made


def test_a_run_of_a_part_loses_no_row(tmp_path: Path) -> None:
    document = f"{BEGIN}\n{table(tmp_path, HUNG, UNTOUCHED)}{END}"
    with pytest.raises(ValueError, match="lacks SIGSTOP"):
        placed(document, table(tmp_path, UNTOUCHED))


def test_a_document_without_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot find"):
        placed(f"{BEGIN} and no end", table(tmp_path, HUNG))


def test_the_document_has_its_place() -> None:
    text = SHOWN.read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0]
    assert placed(text, shown) == text
    assert MADE.parent.name == "dist"
