"""Metrics of what tarsd finds and does: checks, incidents, acts, changes."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tarsd.observe.metrics.metric import Metric, Sample
from tarsd.observe.model import IncidentBrief
from tarsd.observe.picture import Picture
from tarsd.times import moment

FINDINGS = Metric(
    "tars_check_findings",
    "gauge",
    "How many subjects a check answers so for, by its newest look",
    ("check", "status"),
)
CHECK_SECONDS = Metric(
    "tars_check_duration_seconds", "gauge", "How long its newest look took", ("check",)
)
CHECK_CPU = Metric(
    "tars_check_cpu_seconds",
    "gauge",
    "What its newest look took of the daemon's thread",
    ("check",),
)
CHECK_ASKED = Metric("tars_check_asked_total", "counter", "How often it was asked", ("check",))
CHECK_PASSED = Metric(
    "tars_check_success_timestamp_seconds", "gauge", "When it last passed for all", ("check",)
)
INCIDENT = Metric(
    "tars_incident_open",
    "gauge",
    "1 for each incident that is not resolved",
    ("fault", "subject", "severity"),
)
INCIDENT_OPENED = Metric(
    "tars_incident_opened_timestamp_seconds", "gauge", "When it was opened", ("fault", "subject")
)
INCIDENT_KNOWN = Metric(
    "tars_incident_acknowledged", "gauge", "Whether its owner knows", ("fault", "subject")
)
HELD = Metric("tars_incidents_held", "gauge", "Incidents for which the healer has given up for now")
OPENED = Metric("tars_incidents_opened_total", "counter", "Incidents since tarsd started")
RESOLVED = Metric("tars_incidents_resolved_total", "counter", "Those that ended")
ACTS = Metric("tars_acts_total", "counter", "What the healer did, by how it ended", ("outcome",))
CHANGE_RUNNING = Metric("tars_change_running", "gauge", "1 while a change is at work", ("kind",))
CHANGES = Metric("tars_changes_total", "counter", "Changes by how they ended", ("kind", "status"))

METRICS = (
    FINDINGS,
    CHECK_SECONDS,
    CHECK_CPU,
    CHECK_ASKED,
    CHECK_PASSED,
    INCIDENT,
    INCIDENT_OPENED,
    INCIDENT_KNOWN,
    HELD,
    OPENED,
    RESOLVED,
    ACTS,
    CHANGE_RUNNING,
    CHANGES,
)

OUTCOMES = ("done", "failed", "interrupted")


def collect(picture: Picture) -> Iterator[Sample]:
    """Of what a picture shows."""
    seen, status = picture.seen, picture.status
    counts = Counter((it.id, it.status.value) for it in seen.findings)
    yield from (FINDINGS.of(count, *key) for key, count in sorted(counts.items()))
    for check, cost in sorted(seen.costs.items()):
        yield CHECK_SECONDS.of(round(cost.wall, 6), check)
        yield CHECK_CPU.of(round(cost.cpu, 6), check)
        yield CHECK_ASKED.of(cost.asked, check)
    yield from (CHECK_PASSED.of(round(at, 3), it) for it, at in sorted(seen.passed.items()))
    if status is None:
        return
    if status.change is not None:
        yield CHANGE_RUNNING.of(1, status.change.kind)
    if status.incidents is not None:
        yield HELD.of(status.incidents.held)
        for incident in status.incidents.open:
            yield from _incident(incident)


def _incident(incident: IncidentBrief) -> Iterator[Sample]:
    key = incident.fault, incident.subject
    yield INCIDENT.of(1, *key, incident.severity)
    yield INCIDENT_OPENED.of(moment(incident.opened).timestamp(), *key)
    yield INCIDENT_KNOWN.of(int(incident.acknowledged is not None), *key)


class Tally:
    """Counts incidents and changes since the daemon's start; told each picture and each change that ends."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, str]] | None = None
        self._opened = 0
        self._resolved = 0
        self._changes: Counter[tuple[str, str]] = Counter()

    def take(self, picture: Picture) -> None:
        """What is unresolved, against what was: an incident is known by its subject and when it was opened, for it may get
        a better name."""
        incidents = picture.status.incidents if picture.status else None
        if incidents is None:
            return
        now = Counter((it.subject, it.opened) for it in incidents.open)
        if self._open is not None:
            self._opened += (now - self._open).total()
            self._resolved += (self._open - now).total()
        self._open = now

    def change_ended(self, kind: str, status: str) -> None:
        """One more."""
        self._changes[kind, status] += 1

    def collect(self, acts: Mapping[str, int]) -> Iterator[Sample]:
        """`acts` by how they ended, as the ledger's keeper counts them."""
        yield OPENED.of(self._opened)
        yield RESOLVED.of(self._resolved)
        yield from (ACTS.of(acts.get(it, 0), it) for it in OUTCOMES)
        yield from (CHANGES.of(count, *key) for key, count in sorted(self._changes.items()))
