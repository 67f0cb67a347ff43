"""The machine: cards, models, the vector store, memory, disk, the NAS."""

from collections.abc import Iterator
from datetime import datetime

from tarsd.host.nvidia.facts import Card
from tarsd.observe.history import Past
from tarsd.observe.picture import ModelRow, Picture
from tarsd.web import charts
from tarsd.web.html import Child, Html, tag
from tarsd.web.words import counted, percent, size, time

MOST_MODELS = 12
"""That are shown; `tarsctl models list` has them all."""


def section(picture: Picture, past: Past, now: datetime) -> Html:
    """All of it that is known."""
    parts = [
        *_cards(picture),
        *_memory(picture, past),
        *_disk(picture),
        *_nas(picture, now),
        *_chroma(picture),
    ]
    return tag(
        "section",
        tag("h2", "Machine", id="machine"),
        tag("ul", parts, class_="cards"),
        aria_labelledby="machine",
    )


def models(picture: Picture) -> Child:
    """Those that are loaded first."""
    known = picture.stock.models
    if known is None:
        return None
    rows = sorted(known, key=lambda it: (it.loaded is None, it.name))
    more = len(rows) - MOST_MODELS
    return tag(
        "section",
        tag("h2", "Models", id="models"),
        tag("p", picture.stock.models_why, class_="hint") if picture.stock.models_why else None,
        tag("ul", [_model(it) for it in rows[:MOST_MODELS]], class_="rows")
        if rows
        else tag("p", "None yet: ", tag("code", "tarsctl models pull NAME"), class_="hint"),
        tag("p", f"and {counted(more, 'more')[:-1]}", class_="hint") if more > 0 else None,
        aria_labelledby="models",
    )


def _model(it: ModelRow) -> Html:
    where = "not loaded"
    if it.loaded is not None:
        where = {
            "gpu": "on the GPU",
            "cpu": "on the CPU",
            "gpu and cpu": f"{percent((it.vram or 0) / max(it.loaded, 1))} on the GPU",
        }[it.processor or "cpu"]
    return tag(
        "li",
        tag("span", it.name, class_="name"),
        tag("span", where, class_="loaded" if it.loaded is not None else "quiet"),
        tag("span", size(it.size if it.loaded is None else it.loaded), class_="quiet"),
    )


def _cards(picture: Picture) -> Iterator[Html]:
    seen, status = picture.cards, picture.status
    if seen.cards:
        yield from (_gpu(it) for it in seen.cards)
        return
    for it in status.gpu if status else ():
        why = it.message or ("sleeps" if seen.asleep else seen.why) or "nothing is known of it yet"
        yield _card("GPU", it.name, [tag("p", why, class_="hint")])


def _gpu(it: Card) -> Html:
    facts = [f"{it.temperature} °C"] if it.temperature is not None else []
    facts += [f"{it.busy} % busy"] if it.busy is not None else []
    facts += [f"{it.power / 1000:.0f} W"] if it.power is not None else []
    body: list[Child] = [tag("p", " · ".join(facts), class_="figure")] if facts else []
    if it.used is not None and it.total:
        body.append(_level(it.used / it.total, f"{size(it.used)} of {size(it.total)} used"))
    if it.code:
        body.append(tag("p", f"NVML says: {it.said or it.code}", class_="why"))
    return _card("GPU", it.title, body)


def _memory(picture: Picture, past: Past) -> Iterator[Html]:
    seen = picture.resources
    if seen.memory and seen.memory_available is not None:
        used = seen.memory - seen.memory_available
        words = f"{size(used)} of {size(seen.memory)} used"
        yield _card("Memory", None, [_level(used / seen.memory, words)])
    if seen.busy is not None:
        load = f"load {seen.load[0]:.1f}" if seen.load else ""
        words = f"{percent(seen.busy)} of {counted(seen.cores, 'core')} busy"
        drawn = charts.line(past.machine.get("cpu", ()), "Over the last 24 hours")
        yield _card("Processor", None, [tag("p", words, class_="figure"), drawn, _quiet(load)])


def _disk(picture: Picture) -> Iterator[Html]:
    disk = picture.status.disk if picture.status else None
    if disk is None:
        return
    if disk.free_bytes is None or not disk.total_bytes:
        yield _card("Disk", disk.path, [tag("p", disk.message, class_="why")])
        return
    words = f"{size(disk.free_bytes)} of {size(disk.total_bytes)} free"
    full = 1 - disk.free_bytes / disk.total_bytes
    yield _card("Disk", disk.path, [_level(full, words)])


def _nas(picture: Picture, now: datetime) -> Iterator[Html]:
    nas = picture.status.nas if picture.status else None
    if nas is None or not nas.configured:
        return
    well = bool(nas.mounted) and nas.fault is None
    word = "healthy" if well else "unknown" if nas.mounted is None else "unhealthy"
    state = "reachable" if well else "nobody can tell" if nas.mounted is None else "not reachable"
    body: list[Child] = [tag("p", charts.sign(word), state, class_=f"state {word}")]
    if nas.message:
        body.append(tag("p", nas.message, class_="why"))
    if nas.documents is not None and nas.documents_at is not None:
        more = "" if nas.documents_complete else " or more"
        words = f"{counted(nas.documents, 'document')}{more}, counted "
        body.append(tag("p", words, time(nas.documents_at, now), class_="quiet"))
    yield _card("NAS", nas.source, body)


def _chroma(picture: Picture) -> Iterator[Html]:
    stock = picture.stock
    if stock.collections is None:
        return
    counts = [it.records for it in stock.collections if it.records is not None]
    words = counted(len(stock.collections), "collection")
    if len(counts) == len(stock.collections):
        words += f" · {counted(sum(counts), 'embedding')}"
    why = tag("p", stock.collections_why, class_="hint") if stock.collections_why else None
    yield _card("Documents", "Chroma", [tag("p", words, class_="figure"), why])


def _level(ratio: float, words: str) -> list[Html]:
    return [tag("p", words, class_="figure"), charts.meter(ratio, words)]


def _quiet(words: str) -> Html | None:
    return tag("p", words, class_="quiet") if words else None


def _card(kind: str, name: str | None, body: Child) -> Html:
    return tag(
        "li",
        tag(
            "div", tag("h3", kind), tag("p", name, class_="quiet") if name else None, class_="head"
        ),
        body,
    )
