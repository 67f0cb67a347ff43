"""The verdict on a boot in the journal, under ids that people filter by."""

import pytest

from tarsd.observe.boot import MESSAGE_IDS, BootJournal
from tarsd.store.boots import BootVerdict
from tests.tree import ROOT
from tests.unit.log import Log


@pytest.mark.parametrize(
    ("services", "missing", "message"),
    [
        (4, (), "GO: 4 services work, 41 s after the boot"),
        (1, (), "GO: 1 service works, 41 s after the boot"),
        (4, ("redis: hangs", "NAS: x"), "NO-GO 41 s after the boot: redis: hangs; NAS: x"),
    ],
)
def test_one_line(services: int, missing: tuple[str, ...], message: str) -> None:
    log = Log()
    verdict = BootVerdict("b1", "", "NO-GO" if missing else "GO", 41.2, services, missing)
    BootJournal(log.logger).tell(verdict)
    (entry,) = log.entries
    assert (entry["message"], entry["seconds"]) == (message, 41.2)
    assert entry["log_level"] == ("warning" if missing else "info")


def test_the_documented_ids_are_the_ids() -> None:
    text = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
    for event, number in MESSAGE_IDS.items():
        assert f"| `{event}` | `{number}` |" in text
    assert " + ".join(f"MESSAGE_ID={it}" for it in MESSAGE_IDS.values()) in text
