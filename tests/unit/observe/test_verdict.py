"""GO and NO-GO in the journal, under ids that people filter by."""

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tarsd.changes.model import Change, ChangeStatus
from tarsd.observe.verdict import MESSAGE_IDS, VerdictLog
from tests.tree import ROOT

FAILURE = {"id": "port.taken", "subject": "port 80", "summary": "held by nginx"}


def told(kind: str, result: dict[str, Any] | None) -> list[Any]:
    change = Change("7", kind, "x", ChangeStatus.DONE, frozenset(), "", [], result=result)
    with capture_logs() as entries:
        VerdictLog(structlog.get_logger()).tell(change)
    return entries


def test_go_says_how_much_passed() -> None:
    (entry,) = told("install", {"verdict": "GO", "passed": 21, "warnings": [FAILURE]})
    assert (entry["event"], entry["log_level"]) == ("install.go", "info")
    assert entry["message"] == "GO: 21 passed, 1 warning"
    assert (entry["change"], entry["findings"]) == ("7", "port.taken")


def test_no_go_says_why() -> None:
    (entry,) = told("install", {"verdict": "NO-GO", "passed": 3, "failures": [FAILURE]})
    assert (entry["event"], entry["log_level"]) == ("install.no-go", "warning")
    assert entry["message"] == "NO-GO: 3 passed, 1 failed: port.taken: port 80: held by nginx"


@pytest.mark.parametrize(("kind", "result"), [("start", {"verdict": "GO"}), ("install", None)])
def test_what_is_no_verdict_of_an_install_is_not_told(kind: str, result: Any) -> None:
    assert told(kind, result) == []


def test_the_documented_ids_are_the_ids() -> None:
    """Written down there: people filter by them."""
    text = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
    for event, number in MESSAGE_IDS.items():
        assert f"| `{event}` | `{number}` |" in text
        assert f"MESSAGE_ID={number}" in text
