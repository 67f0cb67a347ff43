"""What `/ops/summary` and `/ops/health-snapshot` say: a picture in the words of docs/operations-api.md.

Plain dictionaries, put into JSON once for each picture; ops_shapes.py has their shapes.
"""

import json
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from tarsd.host.nvidia.facts import Card
from tarsd.host.resources import Resources
from tarsd.observe.model import IncidentBrief, IncidentsStatus, ServiceStatus, Status
from tarsd.observe.picture import STALE, CardsSeen, ModelRow, Picture, Stock
from tarsd.times import iso, words
from tarsd.version import VERSION


class Ops:
    """Answers from the newest picture; `build` says which package this is. `clock` is the loop's."""

    def __init__(self, picture: Callable[[], Picture], build: str) -> None:
        self._picture = picture
        self._build = build
        self._machine = socket.gethostname()
        self._started = time.monotonic()
        self._kept: dict[str, tuple[int, str, bytes]] = {}

    def summary(self, now: float) -> bytes:
        """JSON of everything; `now` is the loop's time."""
        return self._made("summary", now, self._summary)

    def snapshot(self, now: float) -> bytes:
        """JSON of the verdict."""
        return self._made("snapshot", now, snapshot)

    def _made(
        self, name: str, now: float, make: Callable[[Picture, float], Mapping[str, Any]]
    ) -> bytes:
        """Once for each picture and tenth of a second: that is what its times are rounded to."""
        picture = self._picture()
        number, tenth, body = self._kept.get(name, (-1, "", b""))
        instant = f"{now:.1f}"
        if (number, tenth) != (picture.number, instant):
            body = json.dumps(make(picture, now), separators=(",", ":")).encode()
            self._kept[name] = picture.number, instant, body
        return body

    def _summary(self, picture: Picture, now: float) -> Mapping[str, Any]:
        return {
            **_times(picture, now),
            "machine": self._machine,
            "version": VERSION,
            "build": self._build,
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            **parts(picture, now),
        }


def is_old(picture: Picture, now: float) -> bool:
    """Whether it tells nothing of the present any more."""
    return now - picture.at > STALE


def verdict(picture: Picture, now: float) -> tuple[str, str]:
    """The word and the words; a picture that is too old proves nothing of the present."""
    if picture.status is None:
        return "unknown", picture.why
    if is_old(picture, now):
        return "unknown", f"nothing has been looked at for {words(now - picture.at)}"
    return picture.status.overall, picture.status.message


def snapshot(picture: Picture, now: float) -> Mapping[str, Any]:
    """See OpsSnapshot."""
    word, message = verdict(picture, now)
    status, old = picture.status, is_old(picture, now)
    incidents = status.incidents if status else None
    return {
        **_times(picture, now),
        "overall_status": word,
        "message": message,
        "services": {it.name: service_word(it, old=old) for it in status.services}
        if status
        else {},
        "incidents_open": None if incidents is None else len(incidents.open),
    }


def parts(picture: Picture, now: float) -> Mapping[str, Any]:
    """All of OpsSummary that a picture shows; a part that could not be asked says so."""
    word, message = verdict(picture, now)
    status, stock, old = picture.status, picture.stock, is_old(picture, now)
    return {
        "overall_status": word,
        "message": message,
        "services": [_service(it, old=old) for it in status.services] if status else [],
        "models": None if stock.models is None else [_model(it) for it in stock.models],
        "model_server": {"as_of": stock.models_at, "message": stock.models_why},
        "chroma": _chroma(stock),
        "gpu": _gpus(picture.cards, status, now - picture.at),
        "resources": _resources(picture.resources, status),
        "nas": _nas(status),
        "incidents": _incidents(status.incidents if status else None),
        "boot": status.boot.model_dump() if status and status.boot else None,
        "change": status.change.summary if status and status.change else None,
    }


def service_word(service: ServiceStatus, *, old: bool = False) -> str:
    """One word for it: what its owner stopped is `stopped`, what should run and does not is `unhealthy`.

    Of what was seen too long ago (`old`) nobody can tell how it is.
    """
    if old:
        return "unknown"
    if service.wanted == "stopped" and service.state != "running":
        return "stopped"
    if service.state == "unknown" or service.health == "unknown":
        return "unknown"
    if service.state != "running":
        return "unhealthy"
    return "healthy" if service.health == "none" else service.health


def _times(picture: Picture, now: float) -> Mapping[str, Any]:
    at = time.time()
    known = picture.taken > 0
    return {
        "timestamp": _iso(at),
        "as_of": _iso(picture.taken) if known else None,
        "age_seconds": round(max(now - picture.at, 0.0), 1) if known else None,
    }


def _iso(seconds: float) -> str:
    return iso(datetime.fromtimestamp(seconds, timezone.utc))


def _service(it: ServiceStatus, *, old: bool) -> Mapping[str, Any]:
    return {
        "name": it.name,
        "status": service_word(it, old=old),
        "latency_ms": it.answers.latency_ms if it.answers else None,
        "message": it.message or (it.answers.message if it.answers else None),
        "since": it.since,
        "restarts": it.restarts,
    }


def _model(it: ModelRow) -> Mapping[str, Any]:
    return {
        "name": it.name,
        "loaded": it.loaded is not None,
        "size_bytes": it.size,
        "vram_bytes": it.vram,
        "processor": it.processor,
        "capabilities": list(it.capabilities),
    }


def _chroma(stock: Stock) -> Mapping[str, Any]:
    rows = stock.collections
    counts = [it.records for it in rows or () if it.records is not None]
    whole = rows is not None and len(counts) == len(rows)
    return {
        "collections": None
        if rows is None
        else [{"name": it.name, "count": it.records, "dimension": it.dimension} for it in rows],
        "total_embeddings": sum(counts) if whole else None,
        "as_of": stock.collections_at,
        "message": stock.collections_why,
    }


def _gpus(seen: CardsSeen, status: Status | None, since: float) -> list[Mapping[str, Any]]:
    """By NVML where it was asked; else what the kernel shows."""
    age = None if seen.seconds is None else round(seen.seconds + since, 1)
    if seen.cards:
        return [_card(it, seen.driver, age) for it in seen.cards]
    return [
        {
            **_NO_FIGURES,
            "name": it.name,
            "driver": it.driver,
            "asleep": seen.asleep,
            "message": it.message or seen.why,
            "age_seconds": age,
        }
        for it in (status.gpu if status else ())
    ]


_NO_FIGURES: Mapping[str, Any] = dict.fromkeys(
    (
        "memory_total_bytes",
        "memory_used_bytes",
        "utilization_ratio",
        "temperature_celsius",
        "power_watts",
    )
)


def _card(it: Card, driver: str | None, age: float | None) -> Mapping[str, Any]:
    return {
        "name": it.title,
        "driver": driver,
        "memory_total_bytes": it.total,
        "memory_used_bytes": it.used,
        "utilization_ratio": None if it.busy is None else it.busy / 100,
        "temperature_celsius": it.temperature,
        "power_watts": None if it.power is None else it.power / 1000,
        "asleep": False,
        "message": f"NVML says {it.said or it.code}" if it.code else None,
        "age_seconds": age,
    }


def _resources(seen: Resources, status: Status | None) -> Mapping[str, Any]:
    disk, waits = (status.disk if status else None), seen.pressure
    return {
        "cpu_count": seen.cores,
        "cpu_busy_ratio": None if seen.busy is None else round(seen.busy, 4),
        "memory": {
            "total_bytes": seen.memory,
            "available_bytes": seen.memory_available,
            "swap_total_bytes": seen.swap,
            "swap_free_bytes": seen.swap_free,
        },
        "disk": {
            "path": disk.path if disk else None,
            "total_bytes": disk.total_bytes if disk else None,
            "free_bytes": disk.free_bytes if disk else None,
            "message": disk.message if disk else None,
        },
        "load": list(seen.load) if seen.load else None,
        "psi": {
            f"{name}_ratio": None if waits is None else round(getattr(waits, name) / 100, 4)
            for name in ("cpu", "memory", "io")
        },
    }


def _nas(status: Status | None) -> Mapping[str, Any]:
    if status is None or not status.nas.configured:
        none = dict.fromkeys(("mounted", "reachable", "documents", "message"))
        return {"configured": False, **none}
    nas = status.nas
    return {
        "configured": True,
        "mounted": nas.mounted,
        "reachable": None if nas.mounted is None else nas.mounted and nas.fault is None,
        "documents": nas.documents,
        "message": nas.message,
    }


def _incidents(known: IncidentsStatus | None) -> Mapping[str, Any]:
    if known is None:
        return {"open": None, "last": None}
    return {
        "open": [_incident(it) for it in known.open],
        "last": known.last.model_dump() if known.last else None,
    }


def _incident(it: IncidentBrief) -> Mapping[str, Any]:
    told = ("id", "fault", "subject", "status", "severity", "summary", "fix", "opened")
    return {
        **{name: getattr(it, name) for name in told},
        "acknowledged": it.acknowledged is not None,
    }
