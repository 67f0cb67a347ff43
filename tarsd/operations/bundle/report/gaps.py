"""What is missing, told once for each reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from tarsd.operations.bundle.report.found import Found

TITLES = {
    "absent": "not on this machine",
    "failed": "could not be asked",
    "late": "no answer in time",
    "cut": "not all of it",
    "withheld": "withheld",
    "excluded": "not asked for",
}
"""In the order of how much they matter, the last first."""


@dataclass(frozen=True)
class Missing:
    """What is missing for one reason."""

    kind: str
    names: tuple[str, ...]
    why: str

    @property
    def words(self) -> str:
        """In one line."""
        return f"{', '.join(self.names)}: {TITLES.get(self.kind, self.kind)} ({self.why})"


def gaps(found: Found) -> list[Missing]:
    """The worst first."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for kind, name, why in _each(found):
        grouped.setdefault((kind, why), []).append(name)
    order = ["withheld", "failed", "late", "cut", "excluded", "absent"]
    rows = [Missing(kind, tuple(names), why) for (kind, why), names in grouped.items()]
    return sorted(rows, key=lambda it: order.index(it.kind) if it.kind in order else 0)


def _each(found: Found) -> Iterator[tuple[str, str, str]]:
    for it in found.files:
        if it.path is None:
            yield "withheld", it.name, it.withheld or "no reason was given"
        elif it.truncated:
            yield "cut", it.name, it.truncated
    for gap in found.facts.missing:
        name = str(gap.get("name") or gap.get("collector") or "?")
        yield str(gap.get("why") or "failed"), name, str(gap.get("text") or "no reason was given")
    for name in found.facts.asked.get("exclude") or ():
        yield "excluded", str(name), "--exclude"
