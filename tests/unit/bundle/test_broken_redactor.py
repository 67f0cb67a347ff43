"""A redactor that is broken: whatever it does, nothing of what it was given leaves, and the reason is said."""

import io
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

import pytest

from tarsd.errors import BundleFailed
from tarsd.operations.bundle import redacting, trial
from tarsd.operations.bundle.redacting import Redacted
from tarsd.operations.bundle.redactors import Machinery
from tarsd.redaction.known import Known
from tests.unit.bundle.making import PASSWORD, Making, collector, unpacked

BAD = "bad/one.log"


class Raising(Machinery):
    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
        raise RuntimeError(source.read())


class Hanging(Machinery):
    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
        while True:
            time.sleep(1)


class PassingThrough(Machinery):
    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
        target.write(source.read())
        return {"lines": 1, "redactions": {}}


class Ending(Machinery):
    """As a library that crashes, or a kernel that is out of memory."""

    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
        raise SystemExit(9)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1.0)
    monkeypatch.setattr(redacting, "SECONDS", 1.0)


@pytest.fixture
def broken(making: Making) -> Making:
    making.collectors = [
        collector("good", {"good/one.log": b"ready\n", "good/two.log": b"steady\n"}),
        collector("bad", {BAD: f"AUTH {PASSWORD}\n".encode()}),
    ]
    return making


@pytest.mark.parametrize(
    ("machinery", "why"),
    [
        (Raising, "it raised RuntimeError"),
        (Hanging, "it did not end in time"),
        (PassingThrough, "a secret passes it as it is"),
        (Ending, "its process ended"),
    ],
)
def test_no_bundle_leaves_and_the_reason_is_said(
    broken: Making, machinery: type[Machinery], why: str
) -> None:
    broken.machinery = machinery
    with pytest.raises(BundleFailed, match=why) as told:
        broken.make()
    assert PASSWORD not in told.value.message
    assert "reinstall tars-home" in str(told.value.fix)
    assert broken.left() == []


def only_for(bad: type[Machinery]) -> type[Machinery]:
    """Sound in its trial, and broken for one file."""

    class Sometimes(Machinery):
        def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
            if name == BAD:
                return bad.redact(self, name, source, target)
            return super().redact(name, source, target)

    return Sometimes


@pytest.mark.parametrize(
    ("machinery", "why"),
    [
        (Raising, "it raised RuntimeError"),
        (Hanging, "it did not end in time"),
        (Ending, "its process ended (1)"),
    ],
)
def test_file_that_breaks_it_is_withheld(
    broken: Making, machinery: type[Machinery], why: str
) -> None:
    broken.machinery = only_for(machinery)
    made = broken.make()
    assert made["withheld"] == [{"name": BAD, "why": why}]
    assert BAD not in unpacked(made)
    assert "good/one.log" in unpacked(made)


def test_one_file_that_passes_as_it_is_ends_all(broken: Making) -> None:
    broken.machinery = only_for(PassingThrough)
    with pytest.raises(BundleFailed, match="let a file pass as it is"):
        broken.make()
    assert broken.left() == []


def test_redactor_that_stops_in_the_middle_has_not_redacted(broken: Making) -> None:
    class Half(Machinery):
        def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
            if name != BAD:
                return super().redact(name, source, target)
            return super().redact(name, io.BytesIO(source.read()[:10]), target)

    broken.machinery = Half
    made = broken.make()
    assert made["withheld"] == [{"name": BAD, "why": "the redactor did not come to its end"}]


def leaky(leak: str) -> type[Machinery]:
    """Writes a known value into one file although all else is right: only the gate can see that."""

    class Leaky(Machinery):
        def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
            if name == leak:
                target.write(f"AUTH {PASSWORD}\n".encode())
            return super().redact(name, source, target)

    return Leaky


def test_what_the_gate_finds_is_withheld_in_the_next_round(broken: Making) -> None:
    broken.machinery = leaky(BAD)
    made = broken.make()
    assert made["withheld"] == [{"name": BAD, "why": "the proof gate found a known value in it"}]
    files = unpacked(made)
    assert BAD not in files
    assert all(PASSWORD.encode() not in content for content in files.values())
    assert b'"round": 2' in files["MANIFEST.json"]


def test_what_leaks_in_each_round_is_no_bundle(
    broken: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_of_them(files: Sequence[Redacted], _: Mapping[str, str]) -> Sequence[Redacted]:
        return files

    monkeypatch.setattr("tarsd.operations.bundle.run._without", all_of_them)
    broken.machinery = leaky(BAD)
    with pytest.raises(BundleFailed, match="found in it 3 times; it is destroyed"):
        broken.make()
    assert broken.left() == []


def test_search_that_fails_is_no_proof(broken: Making) -> None:
    class Blind:
        def hits(self, source: BinaryIO) -> int:
            raise RuntimeError

    class Unproved(Machinery):
        def searcher(self) -> Any:
            return Blind()

    broken.machinery = Unproved
    with pytest.raises(BundleFailed, match="cannot prove the bundle clean"):
        broken.make()
    assert broken.left() == []


def test_three_files_that_it_does_not_end_for_are_enough(broken: Making) -> None:
    class Slow(Machinery):
        def find(self, name: str, source: BinaryIO) -> Iterable[Known]:
            if name.startswith("log"):
                time.sleep(60)
            return super().find(name, source)

    broken.collectors = [collector("log", {f"log/{it}": b"x\n" for it in range(9)})]
    broken.machinery = Slow
    with pytest.raises(BundleFailed, match="did not end for 3 files"):
        broken.make()
    assert broken.left() == []
