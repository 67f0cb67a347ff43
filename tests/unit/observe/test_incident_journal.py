"""Incidents in the journal, under ids that people filter by, and the document that tells them."""

import re

import pytest

from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.observe.incident_journal import LEVELS, MESSAGE_IDS, IncidentJournal
from tarsd.observe.log import message_id
from tests.tree import ROOT
from tests.unit.log import Log

TEXT = (ROOT / "docs/journal.md").read_text(encoding="utf-8").partition("\n## Incidents")[2]
PRIORITY = {"info": 6, "warning": 4, "error": 3}
INCIDENT = Incident(31, "service.hung", "redis", IncidentStatus.OPEN, "fail", "it hangs", None, "")


@pytest.mark.parametrize("event", LEVELS)
def test_each_kind_has_its_level_and_fields(event: str) -> None:
    log = Log()
    IncidentJournal(log.logger).tell(event, INCIDENT, "it hangs", 9.42)
    (entry,) = log.entries
    assert (entry["event"], entry["log_level"]) == (event, LEVELS[event])
    word = event.partition(".")[2]
    assert entry["message"] in (
        f"redis: it hangs · {word} after 9.4 s · incident 31 (service.hung)",
        f"redis: it hangs · {word} in 9.4 s · incident 31 (service.hung)",
    )
    assert {name: entry[name] for name in ("incident", "fault", "subject", "service", "seconds")} == {
        "incident": "31", "fault": "service.hung", "subject": "redis", "service": "redis", "seconds": "9.4",
    }  # fmt: skip


def test_only_a_services_fault_names_a_service() -> None:
    log = Log()
    incident = Incident(1, "disk.low", "/", IncidentStatus.OPEN, "fail", "1 % free", None, "")
    IncidentJournal(log.logger).tell("incident.opened", incident, "1 % free")
    assert log.entries[0]["service"] is None
    assert log.entries[0]["message"] == "/: 1 % free · opened · incident 1 (disk.low)"


def test_the_document_has_every_kind_with_its_id_and_priority() -> None:
    found = re.findall(
        r"^\| `((?:incident|act)\.[a-z]+)` \| `([0-9a-f]{32})` \| (\d) \((\w+)\) \|",
        TEXT,
        re.MULTILINE,
    )
    wanted = [(it, message_id(it), str(PRIORITY[level]), level) for it, level in LEVELS.items()]
    assert found == wanted


def test_the_documented_line_follows_all_of_them() -> None:
    line = re.search(r"^journalctl -f (.*)$", TEXT, re.MULTILINE)
    assert line is not None
    assert line[1] == " + ".join(f"MESSAGE_ID={it}" for it in MESSAGE_IDS.values())
