"""What is wrong now, and what went wrong lately with what was done about it."""

from collections.abc import Sequence
from datetime import datetime

from tarsd.engine.incident import EntryKind, Incident, said
from tarsd.observe.model import IncidentBrief, IncidentsStatus
from tarsd.times import words
from tarsd.web import charts
from tarsd.web.html import Child, Html, tag
from tarsd.web.words import counted, time

_SHOWN = {
    EntryKind.SEEN: "seen",
    EntryKind.DECIDED: "decided",
    EntryKind.DID: "did",
    EntryKind.VERIFIED: "verified",
    EntryKind.HELD: "held",
    EntryKind.RESOLVED: "resolved",
    EntryKind.REOPENED: "came back",
    EntryKind.OWNER: "you",
}

LINES = 12
"""Of a timeline, the newest; `tarsctl incidents show` has all."""


def now_wrong(incidents: IncidentsStatus | None, now: datetime, *, acts: bool) -> Child:
    """Open incidents, failures first; `acts`: who looks may say that he knows."""
    if incidents is None:
        return tag("p", "The records cannot be read yet: what is open is not known.", class_="hint")
    if not incidents.open:
        return None
    rows = sorted(incidents.open, key=lambda it: it.severity)
    return tag(
        "section",
        tag("h2", "What is wrong", id="wrong"),
        tag("ul", [_open(it, now, acts=acts) for it in rows], class_="wrong"),
        aria_labelledby="wrong",
    )


def _open(it: IncidentBrief, now: datetime, *, acts: bool) -> Html:
    held = "tarsd has given up for now and tries again later. " if it.status == "held" else None
    known: Child = _know(it.id) if acts else None
    if it.acknowledged:
        known = tag("p", "You know of it." if acts else "Its owner knows of it.", class_="quiet")
    word = "degraded" if it.severity == "warn" else "unhealthy"
    return tag(
        "li",
        tag("p", charts.sign(word), said(it.subject, it.summary), class_=f"state {word}"),
        tag("p", "since ", time(it.opened, now), f" · {it.fault}", class_="quiet"),
        tag("p", held, class_="hint") if held else None,
        tag("p", "Try: ", tag("code", it.fix)) if it.fix else None,
        known,
        id=f"incident-{it.id}" if it.id else None,
        class_=it.severity,
    )


def _know(number: str | None) -> Child:
    """The button that says so; none before the incident is on disk."""
    if number is None:
        return None
    action = f"/ops/incidents/{number}/ack"
    return tag("form", tag("button", "I know of it", type="submit"), method="post", action=action)


def lately(found: Sequence[Incident] | None, now: datetime) -> Html:
    """The newest incidents, each to be opened for its timeline. None: they cannot be read."""
    if found is None:
        body: Child = tag("p", "The records do not answer right now.", class_="hint")
    elif not found:
        body = tag("p", "Nothing has gone wrong yet.", class_="hint")
    else:
        body = tag("ul", [_story(it, now) for it in found], class_="stories")
    return tag("section", tag("h2", "Lately", id="lately"), body, aria_labelledby="lately")


def _story(it: Incident, now: datetime) -> Html:
    did = [line.text for line in it.entries if line.kind is EntryKind.DID]
    end = next(
        (line.seconds for line in reversed(it.entries) if line.kind is EntryKind.RESOLVED), None
    )
    over = it.resolved is not None
    lasted = f"over after {words(end)}" if end is not None else "over" if over else "not over"
    done = did[-1] if did else "closed by hand" if it.by_owner else None
    lines = [line for line in it.entries if line.kind in _SHOWN]
    left_out = len(lines) - LINES
    return tag(
        "li",
        tag(
            "details",
            tag(
                "summary",
                time(it.opened, now),
                " ",
                tag("strong", said(it.subject, _first(it))),
                tag("span", " · ".join(filter(None, (lasted, done))), class_="quiet"),
            ),
            tag("p", f"{counted(left_out, 'line')} before these are left out", class_="hint")
            if left_out > 0
            else None,
            tag(
                "ol", [_line(line.at, _SHOWN[line.kind], line.text, now) for line in lines[-LINES:]]
            ),
            id=f"story-{it.id}",
        ),
        class_="over" if over else it.severity,
    )


def _first(it: Incident) -> str:
    """What was seen first says what it was; the summary of what is over says that it passes."""
    seen = next((line.text for line in it.entries if line.kind is EntryKind.SEEN), None)
    return seen if it.resolved is not None and seen else it.summary


def _line(at: str, kind: str, text: str, now: datetime) -> Html:
    return tag("li", time(at, now), tag("span", kind, class_="kind"), tag("span", text))
