"""What happened, of all who wrote it down, in one order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tarsd.operations.bundle.report.found import Found, inner, when
from tarsd.operations.bundle.report.verdict import COLOURS, Colour
from tarsd.times import from_nanoseconds, words

MOST = 400
"""Lines, the newest; all of them are in the files."""

_ENGINE: dict[str, Colour] = {
    "die": "warn", "oom": "bad", "start": "dim", "destroy": "dim", "health_status: unhealthy": "warn",
}  # fmt: skip
"""Its events that are worth a line."""


@dataclass(frozen=True)
class Moment:
    """One line of it; `who` wrote it down."""

    at: datetime
    who: str
    about: str
    text: str
    colour: Colour = "dim"


def timeline(found: Found) -> list[Moment]:
    """The newest first, none from before the time that was asked for."""
    every = [*_incidents(found), *_changes(found), *_boots(found), *_engine(found)]
    wanted = [it for it in every if it.at >= found.since]
    return sorted(wanted, key=lambda it: it.at, reverse=True)[:MOST]


def _incidents(found: Found) -> Iterator[Moment]:
    known = {it.get("id"): it for it in found.rows("incidents/incidents.jsonl")}
    for row in found.rows("incidents/timeline.jsonl"):
        at = when(row.get("at"))
        if at is None:
            continue
        about = known.get(row.get("incident"), {})
        kind = str(row.get("kind"))
        took = row.get("seconds")
        text = f"{kind}: {row.get('text')}"
        if isinstance(took, int | float) and took >= 1:
            text += f" ({words(took)})"
        subject = f"{about.get('fault') or 'incident'} {about.get('subject') or ''}".strip()
        colour: Colour = {"seen": "bad", "reopened": "bad", "held": "bad", "resolved": "good"}.get(
            kind, "dim"
        )  # type: ignore[assignment]
        yield Moment(at, f"incident {row.get('incident')}", subject, text, colour)


def _changes(found: Found) -> Iterator[Moment]:
    for row in found.rows("changes/changes.jsonl"):
        who, about = f"change {row.get('id')}", str(row.get("kind"))
        began, ended = when(row.get("started")), when(row.get("ended"))
        if began is not None:
            yield Moment(began, who, about, f"began: {row.get('summary')}")
        if ended is not None:
            status = str(row.get("status"))
            yield Moment(ended, who, about, status, COLOURS.get(status, "warn"))


def _boots(found: Found) -> Iterator[Moment]:
    for row in found.rows("incidents/boots.jsonl"):
        at = when(row.get("at"))
        if at is not None:
            verdict = str(row.get("verdict"))
            text = f"{verdict} after {row.get('seconds')} s, {row.get('services')} services"
            yield Moment(at, "boot", "machine", text, COLOURS.get(verdict, "dim"))


def _engine(found: Found) -> Iterator[Moment]:
    for row in found.rows("engine/events.jsonl"):
        action, at = str(row.get("action")), row.get("time_nano")
        colour = _ENGINE.get(action)
        if colour is None or not isinstance(at, int):
            continue
        code = row.get("exitCode")
        if action == "die" and code == "0":
            colour = "dim"
        text = f"{row.get('type')} {action}" + (f", exit status {code}" if code else "")
        about = str(row.get("name") or inner(row.get("Actor")).get("ID") or row.get("id"))
        yield Moment(from_nanoseconds(at), "Docker", about, text, colour)
