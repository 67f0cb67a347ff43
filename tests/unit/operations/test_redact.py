"""`tarsd redact`: given out is only what was redacted whole and searched again."""

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from tarsd.errors import BadRequest
from tarsd.operations import redact
from tarsd.operations.redact import Filter, Redacted, Wants
from tarsd.redaction import matcher, search
from tarsd.redaction.known import Known
from tarsd.redaction.recognise.recogniser import FileContext, Recogniser
from tarsd.redaction.spans import SECRET, Span

SECRET_VALUE = "Tr0ub4dor&3-of-anna"


class Finds:
    """Recognises what follows `password=`; hangs or dies where it is told to."""

    def find(self, text: bytes, context: FileContext) -> Iterable[Span]:
        if b"die" in text:
            os._exit(9)
        at = text.find(b"password=")
        if at >= 0:
            yield Span(at + 9, text.find(b"\n", at), SECRET, "test/password")


def through(
    tmp_path: Path, wants: Wants, text: str = "", by: Sequence[Recogniser] = ()
) -> tuple[list[Redacted], str]:
    given = tmp_path / "standard-input"
    given.write_text(text)
    out = io.BytesIO()
    with given.open("rb") as stdin:
        filters = Filter(
            lambda: [Known(SECRET_VALUE, "the machine")], by, stdin, cast("BinaryIO", out)
        )
        told = filters.run(wants)
    return told, out.getvalue().decode()


def test_standard_input_to_standard_output(tmp_path: Path) -> None:
    told, out = through(tmp_path, Wants(), f"a {SECRET_VALUE} b\n")
    assert out.startswith("a <secret:")
    assert out.endswith("> b\n")
    assert told == [Redacted("standard input", 1, len(out), {"secret": 1})]


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"a {SECRET_VALUE} b\n".encode())
    os.close(writing)
    out = io.BytesIO()
    with os.fdopen(reading, "rb") as stdin:
        Filter(lambda: [Known(SECRET_VALUE, "x")], [], stdin, cast("BinaryIO", out)).run(Wants())
    assert out.getvalue().startswith(b"a <secret:")


def test_files_into_a_directory_under_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("one.log", "two.log"):
        (tmp_path / name).write_text(f"{name} {SECRET_VALUE}\n")
    files = [tmp_path / "one.log", tmp_path / "two.log"]
    through(tmp_path, Wants(files, output=tmp_path / "out"))
    written = sorted((tmp_path / "out").iterdir())
    assert [it.name for it in written] == ["one.log", "two.log"]
    one, two = (it.read_text().split() for it in written)
    assert (one[0], two[0]) == ("one.log", "two.log")
    assert one[1] == two[1], "the same value is the same token in both"
    assert {it.stat().st_mode & 0o777 for it in written} == {0o600}


def test_values_that_the_owner_names(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("my own\n\nsecond-value\n")
    _, out = through(tmp_path, Wants(secrets=tmp_path / "mine"), "my own, second-value\n")
    assert "my own" not in out
    assert "second-value" not in out


def test_what_is_recognised_in_one_file_is_looked_for_in_all(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "env").write_text("password=r3cognised\n")
    (tmp_path / "log").write_text("denied: r3cognised\n")
    wants = Wants([tmp_path / "env", tmp_path / "log"], output=tmp_path / "out")
    through(tmp_path, wants, by=[Finds()])
    assert "r3cognised" not in (tmp_path / "out" / "log").read_text()


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\0\1", "it is binary"), (b"caf\xe9\n", "UTF-8"), (b"die\n", "its process ended")],
)
def test_what_cannot_be_redacted_is_withheld_and_the_others_are_not(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "bad").write_bytes(content)
    (tmp_path / "good").write_text("fine\n")
    wants = Wants([tmp_path / "bad", tmp_path / "good"], output=tmp_path / "out")
    told, _ = through(tmp_path, wants, by=[Finds()])
    assert why in str(told[0].withheld)
    assert told[1].withheld is None
    assert [it.name for it in (tmp_path / "out").iterdir()] == ["good"]


def test_a_redactor_that_lets_it_pass_gives_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lets_pass(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(matcher.Matcher, "hits", lets_pass)
    told, out = through(tmp_path, Wants(), f"a {SECRET_VALUE} b\n")
    assert told[0].withheld == redact.STILL
    assert out == ""


def test_a_search_that_fails_gives_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise MemoryError

    monkeypatch.setattr(search.Searcher, "hits", fails)
    told, out = through(tmp_path, Wants(), "harmless\n")
    assert told[0].withheld
    assert out == ""


def test_a_large_file_in_parts_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "WORTH_PARTS", 1000)
    lines = [f"{number} {SECRET_VALUE if number % 10 == 0 else 'fine'}" for number in range(999)]
    told, out = through(tmp_path, Wants(), "\n".join(lines) + "\n")
    assert [line.split()[0] for line in out.splitlines()] == [str(it) for it in range(999)]
    assert told == [Redacted("standard input", 999, len(out), {"secret": 100})]


def test_a_value_across_the_border_of_two_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redact, "WORTH_PARTS", 1000)
    wrapped = SECRET_VALUE[:9] + "\n" + SECRET_VALUE[9:]
    for before in range(1480, 1520):
        _, out = through(tmp_path, Wants(), "x" * before + "\n" + wrapped + "\n" + "y" * 1500)
        assert SECRET_VALUE[9:] not in out
        assert SECRET_VALUE[:9] not in out


def test_what_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log").write_text("x\n")
    one, two = tmp_path / "one" / "log", tmp_path / "two" / "log"
    for wants, why in (
        (Wants([one, two]), "several files to standard output"),
        (Wants([one, two], output=tmp_path), "two files called log"),
        (Wants([one], output=tmp_path / "one"), "its own directory"),
        (Wants([one], output=tmp_path / "none"), "no directory"),
        (Wants(output=tmp_path), "it has no name"),
    ):
        with pytest.raises(BadRequest, match=why):
            through(tmp_path, wants)
    assert one.read_text() == "x\n"


def test_a_directory_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x\n")
    with pytest.raises(OSError, match="tars-none"):
        through(tmp_path, Wants([tmp_path / "tars-none"], output=tmp_path))
