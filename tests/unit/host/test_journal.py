"""The journal's native protocol, read back from a real datagram socket as journald would."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.host.journal import LONGEST, Journal


class Journald:
    """The receiving end: parses each datagram back into its fields."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(2)

    def entry(self) -> dict[str, bytes]:
        rest, fields = self._socket.recv(1 << 20), dict[str, bytes]()
        while rest:
            line, _, after = rest.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                length = int.from_bytes(after[:8], "little")
                value, rest = after[8 : 8 + length], after[8 + length + 1 :]
            else:
                rest = after
            fields[name.decode()] = value
        return fields

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    made = Journald(tmp_path / "journal")
    yield made
    made.close()


def test_an_entry_arrives_field_by_field(journald: Journald) -> None:
    Journal(str(journald.path)).send({"MESSAGE": "stack is up", "PRIORITY": "6"})
    assert journald.entry() == {"MESSAGE": b"stack is up", "PRIORITY": b"6"}


def test_a_trace_keeps_its_lines_and_forges_no_field(journald: Journald) -> None:
    Journal(str(journald.path)).send({"MESSAGE": "one\nPRIORITY=0\ntwo", "PRIORITY": "3"})
    assert journald.entry() == {"MESSAGE": b"one\nPRIORITY=0\ntwo", "PRIORITY": b"3"}


def test_a_field_as_long_as_a_book_is_cut_so_that_the_entry_is_not_lost(
    journald: Journald,
) -> None:
    journal = Journal(str(journald.path))
    journal.send({"MESSAGE": "x" * 1_000_000, "PRIORITY": "3"})
    assert len(journald.entry()["MESSAGE"]) == LONGEST
    assert journal.dropped == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=50))
def test_any_text_arrives_as_it_was_sent(journald: Journald, text: str) -> None:
    Journal(str(journald.path)).send({"MESSAGE": text})
    assert journald.entry() == {"MESSAGE": text.encode(errors="replace")}


def test_without_journald_an_entry_is_dropped_and_counted(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "nobody"))
    journal.send({"MESSAGE": "one"})
    journal.send({"MESSAGE": "two"})
    assert journal.dropped == 2


def test_a_journald_that_reads_nothing_never_holds_the_daemon_up(journald: Journald) -> None:
    journal = Journal(str(journald.path))
    for _ in range(2000):
        journal.send({"MESSAGE": "x" * 1000})
    assert journal.dropped > 0
