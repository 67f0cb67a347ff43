"""Incidents on the screen: the list, and the story of one."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import align, plain, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Entry, Incident, Repairs
    from tarsd.ctl.table import Cell

STYLES = {"open": "bad", "held": "bad", "resolved": "good", "reopened": "warn"}
KIND_STYLES = {"held": "bad", "resolved": "good", "reopened": "warn"}
UNRESOLVED = ("open", "held")


def list_lines(
    incidents: Sequence[Incident], now: str | None, width: int | None, paint: Paint
) -> Iterator[str]:
    """The table; below what is not resolved stands what is wrong."""
    times = _right([_lasted(it, now) for it in incidents], "LASTED")
    titles = plain("ID", "STATE", "FAULT", "SUBJECT", "OPENED", times[0])
    rows = [titles, *(_row(it, t, now) for it, t in zip(incidents, times[1:], strict=True))]
    title, *lines = align(rows, paint)
    yield title
    for incident, line in zip(incidents, lines, strict=True):
        yield line
        if incident.get("status") in UNRESOLVED and (summary := incident.get("summary")):
            yield from (f"  {part}" for part in wrap(human.one_line(summary), width, 2))


def repair_lines(repairs: Sequence[Repairs]) -> Iterator[str]:
    """How long incidents lasted, by fault."""
    yield "Median time to repair"
    took = _right([human.duration(it.get("median_seconds")) for it in repairs], "")[1:]
    faults = [it.get("fault") or human.UNKNOWN for it in repairs]
    indent = max(map(len, faults))
    for fault, time, each in zip(faults, took, repairs, strict=True):
        yield f"  {fault:<{indent}}  {time}  of {human.counted(each.get('count') or 0, 'incident')}"


def story_lines(incident: Incident, now: str | None, width: int | None, paint: Paint) -> list[str]:
    """All there is to know of one."""
    lines = _headline(incident, now, width, paint)
    if entries := incident.get("entries"):
        lines += ["", *_timeline(entries, width, paint)]
    notes = list(_notes(incident, now))
    if notes:
        indent = max(len(label) for label, _ in notes) + 2
        lines.append("")
        for label, text in notes:
            first, *more = wrap(text, width, indent)
            lines += [f"{label:<{indent}}{first}", *(" " * indent + line for line in more)]
    return lines


def next_step(incident: Incident) -> str | None:
    """The command to try."""
    number = incident.get("id")
    if incident.get("status") == "held":
        return f"tarsctl incidents release {number}"
    if incident.get("status") == "open" and not incident.get("acknowledged"):
        return f"tarsctl incidents ack {number}"
    return None


def _row(incident: Incident, lasted: str, now: str | None) -> list[Cell]:
    status = incident.get("status") or "unknown"
    return [
        (incident.get("id") or human.UNKNOWN, ""),
        (status, STYLES.get(status, "")),
        (human.one_line(incident.get("fault") or "?"), ""),
        (human.one_line(incident.get("subject") or "?"), ""),
        (human.clock(incident.get("opened"), now), ""),
        (lasted, ""),
    ]


def _headline(incident: Incident, now: str | None, width: int | None, paint: Paint) -> list[str]:
    status = incident.get("status") or "unknown"
    parts = [
        incident.get("id") or "not recorded yet",
        human.one_line(incident.get("fault") or "?"),
        human.one_line(incident.get("subject") or "?"),
        status + (" by hand" if incident.get("by_owner") else ""),
        _lasted(incident, now),
    ]
    if again := incident.get("reopened"):
        parts.append(f"came back {human.counted(again, 'time')}")
    first, *more = wrap(" · ".join(parts), width, 0, hang=2)
    # coloured only now, for colour is no width
    return [first.replace(f"· {status}", f"· {paint(STYLES.get(status, ''), status)}", 1), *more]


def _timeline(entries: Sequence[Entry], width: int | None, paint: Paint) -> Iterator[str]:
    """A line each: time, kind, text, and at the right how long it took. A day that begins is named."""
    kinds = max(len(entry.get("kind") or "") for entry in entries)
    took = _right([_took(entry) for entry in entries], "")[1:]
    gap = len(took[0]) + 2 if took[0] or any(it.strip() for it in took) else 0
    indent = 10 + 2 + kinds + 2
    room = None if width is None else max(width - gap, indent + 20)
    day: str | None = None
    for entry, time in zip(entries, took, strict=True):
        date = human.day(entry.get("at"))
        if day is not None and date != day:
            yield date
        day = date
        kind = entry.get("kind") or ""
        text = human.one_line(entry.get("text") or "")
        first, *more = wrap(text, room, indent)
        head = f"{human.second(entry.get('at')):<10}  {paint(KIND_STYLES.get(kind, ''), kind)}"
        line = f"{head}{' ' * (kinds - len(kind))}  {first}"
        if time.strip():
            pad = 2 if room is None else max(room - indent - len(first), 0) + 2
            line += " " * pad + time
        yield line.rstrip()
        yield from (" " * indent + part for part in more)


def _notes(incident: Incident, now: str | None) -> Iterator[tuple[str, str]]:
    if incident.get("status") in UNRESOLVED:
        yield "Now", human.one_line(incident.get("summary") or human.UNKNOWN)
    if again := incident.get("next_try"):
        yield "Next try", human.clock(again, now)
    if known := incident.get("acknowledged"):
        yield "Known", f"acknowledged {human.clock(known, now)}"
    if incident.get("status") in UNRESOLVED and (fix := incident.get("fix")):
        yield "Fix", human.one_line(fix)
    if evidence := incident.get("evidence"):
        yield "Kept", f"{human.counted(len(evidence), 'file')} in {incident.get('evidence_path')}"


def _lasted(incident: Incident, now: str | None) -> str:
    seconds = incident.get("seconds")
    if seconds is None:
        seconds = human.between(incident.get("opened"), incident.get("resolved") or now)
    return human.duration(seconds)


def _took(entry: Entry) -> str:
    seconds = entry.get("seconds")
    return "" if seconds is None else human.duration(seconds)


def _right(texts: Sequence[str], title: str) -> list[str]:
    """The texts and their title, aligned at the right."""
    whole = [title, *texts]
    columns = max(map(len, whole))
    return [text.rjust(columns) for text in whole]
