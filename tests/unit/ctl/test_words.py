"""Sizes, durations, times and bars, as a person reads them."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.ctl import human
from tarsd.ctl.console import Paint
from tarsd.ctl.progress import Look, Rate, bar
from tarsd.ctl.table import wrap
from tests.unit.ctl.facts import NOW, change, task

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Task


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "-"), (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
     (11 << 20, "11 MiB"), (512 << 20, "512 MiB"), (9_771_050_598, "9.1 GiB"), (2 << 30, "2 GiB"),
     (1_048_064, "1 MiB"), (10_680_000_000, "9.9 GiB"), (442_381_631_488, "412 GiB"),
     (3 << 60, "3072 PiB")],
)  # fmt: skip
def test_size(count: int | None, text: str) -> None:
    assert human.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (-3, "0.0 s"), (0.04, "0.0 s"), (9.4, "9.4 s"), (9.96, "10 s"), (59.7, "1 min"),
     (192, "3 min 12 s"), (3600, "1 h"), (18_120, "5 h 2 min"), (1_052_000, "12 d 4 h")],
)  # fmt: skip
def test_duration(seconds: float | None, text: str) -> None:
    assert human.duration(seconds) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [(None, "-"), ("soon", "-"), (NOW, "today 03:12"), ("2026-11-22T00:00:00Z", "today 00:00"),
     ("2026-11-21T23:59:59.999Z", "yesterday 23:59"), ("2026-11-01T05:06:00.000Z", "1 Nov 05:06"),
     ("2025-11-22T03:12:00.000Z", "2025-11-22 03:12"), ("2026-11-22T01:00:00", "today 01:00")],
)  # fmt: skip
def test_clock(at: str | None, text: str) -> None:
    assert human.clock(at, NOW) == text


def test_clock_that_was_set_back_gives_no_negative_duration() -> None:
    assert human.between(NOW, "2026-11-22T03:00:00.000Z") == 0


@given(st.floats(-1, 2), st.integers(0, 60), st.booleans())
def test_bar_keeps_its_width(share: float, columns: int, ascii_only: bool) -> None:
    assert len(bar(share, columns, ascii_only=ascii_only)) == columns


@given(st.lists(st.text("a-ü.", min_size=1, max_size=40)), st.integers(1, 100), st.integers(0, 60))
def test_wrapping_loses_no_word(words: list[str], width: int, indent: int) -> None:
    wrapped = wrap(" ".join(words), width, indent)
    assert "".join(wrapped).replace(" ", "") == "".join(words)


def test_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    for second, done in enumerate([0, 100, 200, 300, 300, 300, 300, 300, 800]):
        rate.add(float(second), done)
    assert rate.per_second() == pytest.approx(500 / 5, rel=0.3)
    rate.add(9.0, 10)
    assert rate.per_second() is None


def pulling(done: int, total: int) -> str:
    step = task(2, "pull chromadb/chroma:1.5.9", "doing", done=done, total=total, unit="bytes")
    look = Look(100, Paint(enabled=False))
    return look.running(step, change("doing", step, step), 18 << 20)


def test_line_of_a_pull() -> None:
    assert pulling(212 << 20, 298 << 20) == (
        "  2/2  pull chromadb/chroma:1.5.9  ━━━━━━━━━━━━━━━         "
        "71 %  212 of 298 MiB  18 MiB/s  5 s left"
    )


@given(st.integers(0, 1 << 40), st.integers(1, 1 << 40), st.integers(20, 200))
def test_progress_fits_any_terminal(done: int, total: int, width: int) -> None:
    step = task(1, "pull redis:8.10.1", "doing", done=done, total=total, unit="bytes")
    look = Look(width, Paint(enabled=False), ascii_only=True)
    assert look.running(step, change("doing", step), 1e6).isascii()
    assert look.overall(change("doing", step), 3).isascii()


def test_tasks_that_are_not_counted_in_bytes() -> None:
    look = Look(100, Paint(enabled=False))
    steps = [
        task(1, "start redis", "doing", detail="waiting for its health check"),
        task(2, "migrate", "doing", done=3, total=7, unit="steps"),
        task(3, "start", "undoing"),
    ]
    lines = [look.running(step, change("doing", *steps), None) for step in steps]
    assert lines == [
        "  1/3  start redis  ...  waiting for its health check",
        "  2/3  migrate      3 of 7",
        "  3/3  start        undoing",
    ]


def running_on(columns: int, step: "Task", rate: float | None = None) -> str:
    return Look(columns, Paint(enabled=False)).running(step, change("doing", step), rate)


def test_what_is_cut_says_so_and_keeps_the_time_that_is_left() -> None:
    name, waiting = "stop and remove containers and networks", "waiting for chromadb, postgres"
    step = task(1, f"{name} of the stack", "doing", detail=f"{waiting}, at most 45 s more")
    assert running_on(80, step) == (
        "  1/1  stop and remove containers and networks…  ...  at most 45 s more"
    )
    step = task(1, "wait", "doing", detail=f"{waiting}, redis, ollama, webui, at most 45 s more")
    line = running_on(60, step)
    assert line == "  1/1  wait  ...  waiting for chromadb,…, at most 45 s more"
    long = task(1, "wait", "doing", detail="x" * 100)
    assert running_on(60, long).endswith("x…")


def test_why_a_task_failed_is_broken_between_words_and_not_in_a_file() -> None:
    detail = "the Engine says: driver failed programming external connectivity"
    step = task(1, "start redis", "failed", detail=detail)
    painted = Look(60, Paint(enabled=True)).ended(step, change("undone", step))
    assert painted == (
        "  1/1  start redis  \x1b[31mfailed\x1b[0m in 12 s: the Engine says: driver\n"
        "       failed programming external connectivity"
    )
    filed = Look(None, Paint(enabled=False)).ended(
        task(1, "x", "failed", detail=detail * 9), change()
    )
    assert "\n" not in filed


@pytest.mark.parametrize("columns", [60, 70, 80, 100, 200])
def test_bytes_are_given_up_before_the_time_that_is_left(columns: int) -> None:
    name = "pull ghcr.io/open-webui/open-webui:v0.12.4"
    step = task(1, name, "doing", done=1000 << 20, total=4 << 30, unit="bytes")
    line = running_on(columns, step, 1 << 20)
    assert len(line) < columns
    assert line.endswith("51 min 36 s left")
    assert ("1000 MiB of 4 GiB" in line) == (columns >= 100)
