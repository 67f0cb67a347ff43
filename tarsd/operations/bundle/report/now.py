"""The sections that say how it is now: services, what is open, what the doctor found."""

from collections.abc import Iterator

from tarsd.operations.bundle.report.found import Found, Row, inner, listed, when, words
from tarsd.operations.bundle.report.markup import (
    Html,
    Part,
    badge,
    clock,
    details,
    joined,
    link,
    table,
    tag,
)
from tarsd.operations.bundle.report.verdict import COLOURS, tally
from tarsd.sizes import words as size_words
from tarsd.times import words as time_words


def services(found: Found) -> Html:
    """A line for each, by the daemon's word; without one, by what they answered to the bundle itself."""
    rows = listed(found.status.get("services"))
    if rows:
        heads = ("service", "state", "health", "answers", "since", "restarts", "memory", "says")
        return table(heads, (_service(found, row) for row in rows))
    probed = found.rows("probes/probes.json")
    if not probed:
        return tag("p", "Not known: neither tarsd nor a probe could be asked.", cls="dim")
    return table(("service", "answers", "says"), (_probed(found, row) for row in probed))


def _service(found: Found, row: Row) -> list[tuple[str, Part]]:
    health = str(row.get("health"))
    answers = inner(row.get("answers"))
    wanted = "" if row.get("wanted") != "stopped" else " (wanted stopped)"
    return [
        ("k", _named(found, row.get("name"))),
        ("k", f"{row.get('state')}{wanted}"),
        ("k", badge(health, COLOURS.get(health, "dim"))),
        ("k", _latency(answers.get("level"), answers.get("latency_ms"))),
        ("t", clock(row.get("since"))),
        ("n", str(row.get("restarts") if row.get("restarts") is not None else "")),
        ("n", _memory(row)),
        ("w", str(row.get("message") or answers.get("message") or "")),
    ]


def _probed(found: Found, row: Row) -> list[tuple[str, Part]]:
    latency = row.get("latency_ms")
    return [
        ("k", _named(found, row.get("service"))),
        ("k", _latency(row.get("level"), latency) if latency is not None else badge("no", "bad")),
        ("w", str(row.get("message") or "")),
    ]


def _named(found: Found, name: object) -> Html:
    """With the way to its log."""
    log = f"logs/{name}.log"
    return tag("b", link(log, str(name)) if found.has(log) else str(name))


def _latency(level: object, latency: object) -> str:
    return f"{level} {latency:g} ms" if isinstance(latency, int | float) else ""


def _memory(row: Row) -> str:
    used, limit = row.get("memory_bytes"), row.get("memory_limit_bytes")
    if not isinstance(used, int):
        return ""
    return size_words(used) + (f" of {size_words(limit)}" if isinstance(limit, int) else "")


def incidents(found: Found) -> Html:
    """What is not resolved, then what was within the time that was asked for."""
    problems = joined(map(_problem, listed(found.status.get("problems"))))
    if not found.has("incidents/incidents.jsonl"):
        return joined(
            [problems, tag("p", "Not known: the ledger is not in this bundle.", cls="dim")]
        )
    rows = found.rows("incidents/incidents.jsonl")
    opened = [row for row in rows if row.get("resolved") is None]
    closed = [row for row in rows if (at := when(row.get("resolved"))) and at >= found.since]
    cards = joined([*(_incident(found, row) for row in opened), problems])
    if not cards.text:
        cards = tag("p", "None is open.")
    if not closed:
        return cards
    lines = table(
        ("opened", "no.", "fault", "subject", "took", "what it was"),
        (_resolved(row) for row in reversed(closed)),
    )
    return joined([cards, details(f"{len(closed)} resolved since then", lines)])


def _incident(found: Found, row: Row) -> Html:
    colour = "warn" if row.get("severity") == "warn" else "bad"
    held = row.get("status") == "held"
    kept = [link(name, name.rpartition("/")[2]) for name in found.evidence(row.get("id"))]
    facts = f"since {clock(row.get('opened'))} UTC"
    facts += f" · {row['attempts']} acts have not mended it" if row.get("attempts") else ""
    facts += f" · next try {clock(row.get('next_try')) or 'unknown'}" if held else ""
    return tag(
        "div",
        tag("p", badge("held" if held else str(row.get("status")), colour), " ",
            tag("span", f"{row.get('fault')} · {row.get('subject')}", cls="name"),
            tag("span", f" incident {row.get('id')}", cls="dim")),
        tag("p", str(row.get("summary"))),
        tag("p", facts, cls="dim"),
        tag("p", "Helps: ", tag("code", str(row.get("fix")))) if row.get("fix") else None,
        tag("p", "Evidence: ", *_spaced(kept)) if kept else None,
        cls=f"card {colour}",
    )  # fmt: skip


def _problem(row: Row) -> Html | None:
    """What the status sees and the ledger has not, or not yet."""
    if row.get("incident") is not None:
        return None
    return tag(
        "div",
        tag("p", badge("now", "warn"), " ",
            tag("span", f"{row.get('id')} · {row.get('subject')}", cls="name")),
        tag("p", str(row.get("message"))),
        tag("p", "Helps: ", tag("code", str(row.get("fix")))) if row.get("fix") else None,
        cls="card warn",
    )  # fmt: skip


def _spaced(parts: list[Html]) -> Iterator[Part]:
    for number, part in enumerate(parts):
        yield from ((" · ", part) if number else (part,))


def _resolved(row: Row) -> list[tuple[str, Part]]:
    began, ended = when(row.get("opened")), when(row.get("resolved"))
    took = time_words((ended - began).total_seconds()) if began and ended else ""
    return [
        ("t", clock(row.get("opened"))),
        ("n", str(row.get("id"))),
        ("k", str(row.get("fault"))),
        ("k", str(row.get("subject"))),
        ("n", took),
        ("w", str(row.get("summary"))),
    ]


def doctor(found: Found) -> Html:
    """What failed with its evidence; what passed is only counted."""
    told = found.doctor
    if not told:
        return tag("p", "Not known: the checks could not be asked.", cls="dim")
    rows = listed(told.get("findings"))
    bad = [row for word in ("fail", "warn") for row in rows if row.get("status") == word]
    unknown = [row for row in rows if row.get("status") == "unknown"]
    line = tally(inner(told.get("counts")))
    if told.get("offline"):
        line += "; asked without tarsd"
    parts: list[Part] = [tag("p", line, cls="dim"), *map(_finding, bad)]
    if unknown:
        parts.append(table(("", "check", "why it is not known"), map(_unknown, unknown)))
    if not bad and not unknown:
        parts.append(tag("p", "Nothing failed, and nothing warned."))
    return joined([*parts, _skipped(rows)])


def _unknown(row: Row) -> list[tuple[str, Part]]:
    subject = "" if row.get("usual") else f" · {row.get('subject')}"
    return [
        ("k", badge("unknown", "warn")),
        ("k", tag("b", f"{row.get('id')}{subject}")),
        ("w", str(row.get("summary"))),
    ]


def _finding(row: Row) -> Html:
    status = str(row.get("status"))
    colour = "bad" if status == "fail" else "warn"
    subject = "" if row.get("usual") else f" · {row.get('subject')}"
    evidence = words(row.get("evidence"))
    return tag(
        "div",
        tag("p", badge(status, colour), " ", tag("span", f"{row.get('id')}{subject}", cls="name")),
        tag("p", str(row.get("summary"))),
        tag("pre", "\n".join(evidence)) if evidence else None,
        *(tag("p", "Helps: ", tag("code", it)) for it in words(row.get("commands"))),
        cls=f"card {colour}",
    )


def _skipped(rows: list[Row]) -> Html | None:
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.get("status") == "skip":
            groups.setdefault(str(row.get("summary")), []).append(str(row.get("id")))
    if not groups:
        return None
    count = sum(map(len, groups.values()))
    lines = table(
        ("why", "checks"),
        ([("w", why), ("w", ", ".join(dict.fromkeys(ids)))] for why, ids in groups.items()),
    )
    return details(f"{count} not asked", lines)
