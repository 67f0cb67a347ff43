"""Log entries: one line for a person, fields for the journal, an id per kind of event that never changes."""

import re

import pytest
import structlog

from tarsd.observe.log import configure, message_id, text


def test_the_id_of_a_kind_of_event_is_the_same_on_every_machine_and_for_ever() -> None:
    """Written down here: people filter by it."""
    assert message_id("daemon.ready") == "7cb99f73f02f577ba6396fdecb2060d5"
    assert message_id("change.done") != message_id("change.undone")


def test_an_id_is_what_the_journal_takes() -> None:
    assert re.fullmatch("[0-9a-f]{32}", message_id("anything at all"))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"event": "daemon.stopped", "level": "info"}, "daemon.stopped"),
        (
            {"event": "change.done", "level": "info", "change": "17", "error": None},
            "change.done change=17",
        ),
        (
            {"event": "daemon.problem", "level": "error", "message": "cannot write state.db"},
            "cannot write state.db",
        ),
    ],
)
def test_a_line_for_a_person(event: dict[str, object], line: str) -> None:
    assert text(event) == line


def test_a_defect_brings_its_trace_on_lines_of_its_own() -> None:
    try:
        raise LookupError("gone")
    except LookupError:
        said = text({"event": "api.defect", "level": "error", "exc_info": True})
    assert said.splitlines()[0] == "api.defect"
    assert "LookupError: gone" in said.splitlines()[-1]


@pytest.fixture
def unconfigured() -> object:
    """structlog as a new process has it, and again afterwards."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("unconfigured")
def test_on_a_terminal_lines_go_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    log = configure("info")
    log.info("change.done", change="17")
    log.debug("not worth a line")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "info: change.done change=17\n")


@pytest.mark.usefixtures("unconfigured")
def test_a_changed_level_holds_from_then_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    configure("error").info("not worth a line")
    configure("debug").debug("worth a line")
    assert capsys.readouterr().err == "debug: worth a line\n"
