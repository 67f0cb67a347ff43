"""The services: how each is, how it was, and how quickly it answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tarsd.observe.history import WIDTH, Past
from tarsd.observe.model import ServiceStatus
from tarsd.observe.ops import service_word
from tarsd.web import charts
from tarsd.web.html import Child, Html, tag
from tarsd.web.words import lasting, size

WORDS = {
    "healthy": "works",
    "starting": "is starting",
    "unhealthy": "does not work",
    "stopped": "stopped",
    "unknown": "nobody can tell",
}


def section(rows: Sequence[ServiceStatus], past: Past, now: datetime, *, old: bool) -> Child:
    """All of them; none before an install. `old`: they were seen too long ago to tell how they are."""
    if not rows:
        return None
    return tag(
        "section",
        tag("h2", "Services", id="services"),
        tag("p", past.why, class_="hint") if past.why else None,
        tag("ul", [_row(it, past, now, old=old) for it in rows], class_="cards"),
        aria_labelledby="services",
    )


def _row(it: ServiceStatus, past: Past, now: datetime, *, old: bool) -> Html:
    word, why = service_word(it, old=old), it.message
    if old:
        why = f"when it was last looked at: {WORDS[service_word(it)]}"
    up, latency = past.up.get(it.name, ()), past.latency.get(it.name, ())
    return tag(
        "li",
        tag(
            "div",
            tag("h3", it.name),
            tag("p", charts.sign(word), WORDS[word], class_=f"state {word}"),
            class_="head",
        ),
        tag("p", why, class_="why") if why and word != "healthy" else None,
        _day(up, past, now),
        tag("dl", list(_facts(it, latency, now)), class_="facts"),
        id=f"service-{it.name}",
    )


def _day(up: charts.Values, past: Past, now: datetime) -> Child:
    if not up:
        return None
    return [
        charts.bars(up, past.begin, WIDTH, now),
        tag(
            "p",
            tag("span", "24 h ago"),
            tag("span", charts.availability(up)),
            tag("span", "now"),
            class_="scale",
            aria_hidden="true",
        ),
    ]


def _facts(it: ServiceStatus, latency: charts.Values, now: datetime) -> Iterator[Html]:
    answers = it.answers
    if answers is not None and answers.latency_ms is not None:
        words = milliseconds(answers.latency_ms)
        drawn = charts.line(latency, f"Latency over the last 24 hours, now {words}")
        yield _fact("answers in", [tag("span", words), drawn])
    if it.since is not None:
        down = "stopped for" if it.wanted == "stopped" else "down for"
        yield _fact("up for" if it.state == "running" else down, lasting(it.since, now))
    if it.memory_bytes is not None:
        limit = f" of {size(it.memory_limit_bytes)}" if it.memory_limit_bytes else ""
        yield _fact("memory", size(it.memory_bytes) + limit)
    if it.restarts:
        yield _fact("restarts", str(it.restarts))


def milliseconds(value: float) -> str:
    """1.2 ms, 41 ms, 1.4 s"""
    if value < 9.95:
        return f"{value:.1f} ms"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def _fact(name: str, value: Child) -> Html:
    return tag("div", tag("dt", name), tag("dd", value))
