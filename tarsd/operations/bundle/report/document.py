"""REPORT.html: one file that asks nobody for anything."""

from collections.abc import Callable, Iterator, Sequence

from tarsd.operations.bundle.report import inside, now
from tarsd.operations.bundle.report.found import Found, inner
from tarsd.operations.bundle.report.markup import (
    Html,
    Part,
    badge,
    clock,
    details,
    joined,
    section,
    table,
    tag,
)
from tarsd.operations.bundle.report.style import CSS
from tarsd.operations.bundle.report.timeline import Moment, timeline
from tarsd.operations.bundle.report.verdict import verdict
from tarsd.sizes import words as size_words

FIRST = 40
"""Lines of the timeline that are seen at once."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Whatever a log has smuggled in, a browser runs and loads none of it."""


def html(found: Found) -> str:
    """The page."""
    title = f"{found.status.get('machine') or 'tars-home'}: support bundle"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{tag('title', title).text}\n<style>{CSS}</style>\n</head>\n<body>\n"
        + "\n".join(part.text for part in (_header(found), tag("main", *_sections(found))))
        + "\n</body>\n</html>\n"
    )


def _header(found: Found) -> Html:
    told = verdict(found)
    machine = str(found.status.get("machine") or "this machine")
    open_ones = [it for it in found.rows("incidents/incidents.jsonl") if it.get("resolved") is None]
    counts = inner(found.doctor.get("counts"))
    seen: list[Part] = [
        f"{len(open_ones)} open incidents" if len(open_ones) != 1 else "1 open incident",
        f" · doctor: {counts.get('failed') or 0} failed, {counts.get('warned') or 0} warned"
        if counts
        else " · doctor: not asked",
        f" · made {clock(found.facts.made)} UTC · tars-home {found.facts.version}",
    ]
    anchors = ("services", "incidents", "timeline", "doctor", "machine", "missing", "files")
    nav = joined(Html(f'<a href="#{it}">{it}</a>') for it in anchors)
    return tag(
        "header",
        tag(
            "div",
            tag("h1", machine, " ", badge(told.word, told.colour)),
            tag("p", told.sentence) if told.sentence else None,
            tag("p", *seen, cls="dim"),
            tag("nav", nav),
        ),
    )


def _sections(found: Found) -> Iterator[Html]:
    sections: Sequence[tuple[str, str, Callable[[Found], Html]]] = (
        ("services", "Services", now.services),
        ("incidents", "Incidents", now.incidents),
        ("timeline", "Timeline", _timeline),
        ("doctor", "Doctor", now.doctor),
        ("machine", "Machine and versions", _machine),
        ("missing", "What is missing", inside.missing),
        ("files", "Files", inside.files),
    )
    for anchor, title, made in sections:
        yield section(anchor, title, _whatever_comes(made, found))
    yield tag(
        "footer",
        "Marks such as ",
        tag("code", "<host:1a2b3c>"),
        " stand for values that were replaced: the same mark is the same value in all files of this bundle, and means"
        " nothing outside of it. What people wrote is not collected; lines of logs that may hold it are cut to their"
        " length. MANIFEST.json has the checksum of every file.",
    )


def _whatever_comes(made: Callable[[Found], Html], found: Found) -> Html:
    """Others wrote what is read here: no field of theirs costs more than its own section."""
    try:
        return made(found)
    except Exception as error:  # noqa: BLE001
        return tag(
            "p", f"This part cannot be shown: {type(error).__name__}. See the files.", cls="bad"
        )


def _timeline(found: Found) -> Html:
    return joined(_timeline_parts(found))


def _timeline_parts(found: Found) -> Iterator[Html]:
    moments = timeline(found)
    if not moments:
        yield tag("p", f"Nothing is on record since {found.since:%Y-%m-%d %H:%M} UTC.")
        return
    yield tag(
        "p", f"Newest first, in UTC; nothing older than {found.since:%Y-%m-%d %H:%M}.", cls="dim"
    )
    yield _moments(moments[:FIRST])
    if moments[FIRST:]:
        yield details(f"{len(moments) - FIRST} older", _moments(moments[FIRST:]))


def _moments(moments: list[Moment]) -> Html:
    return table(
        ("when", "who", "about", "what"),
        (
            [
                ("t", f"{it.at:%m-%d %H:%M:%S}"),
                ("k", it.who),
                ("k", it.about),
                (f"w {it.colour}" if it.colour != "dim" else "w", it.text),
            ]
            for it in moments
        ),
    )


def _machine(found: Found) -> Html:
    """What the status says of it, and what has a version."""
    status = found.status
    disk, nas = inner(status.get("disk")), inner(status.get("nas"))
    lines: list[str] = []
    free, total = disk.get("free_bytes"), disk.get("total_bytes")
    if isinstance(free, int) and isinstance(total, int) and total:
        lines.append(
            f"Disk: {size_words(free)} free of {size_words(total)} ({free * 100 // total} %)"
        )
    if nas.get("configured"):
        where = nas.get("message") or ("mounted" if nas.get("mounted") else "not mounted")
        lines.append(f"NAS: {nas.get('source')}, {where}")
    return joined([*(tag("p", line) for line in lines), inside.versions(found)])
