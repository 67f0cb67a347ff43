"""What was understood of the owner's own commands, in the journal, under ids that people filter by."""

from tarsd.errors import StateUnavailable
from tarsd.observe.intent import MESSAGE_IDS, IntentJournal
from tests.tree import ROOT
from tests.unit.log import Log


def test_a_stop_and_a_start_are_told_with_their_reason() -> None:
    log = Log()
    journal = IntentJournal(log.logger)
    journal.changed("redis", "stopped", "docker stop seen at 12:00")
    journal.changed("redis", "running", "docker start seen at 13:00")
    assert [it["message"] for it in log.entries] == [
        "redis stays stopped until it is started: docker stop seen at 12:00",
        "redis is wanted running again: docker start seen at 13:00",
    ]
    assert all(it["service"] == "redis" and it["log_level"] == "info" for it in log.entries)


def test_a_disk_that_refuses_is_told_once_until_it_has_taken_something() -> None:
    log = Log()
    journal = IntentJournal(log.logger)
    full = StateUnavailable("cannot write state.db: full")
    journal.unrecorded(full)
    journal.unrecorded(full)
    journal.changed("redis", "stopped", "docker stop")
    journal.unrecorded(full)
    assert log.events() == ["intent.unrecorded", "intent.stopped", "intent.unrecorded"]


def test_the_documented_ids_are_the_ids() -> None:
    text = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
    for event, number in MESSAGE_IDS.items():
        assert f"| `{event}` | `{number}` |" in text
        assert f"MESSAGE_ID={number}" in text
