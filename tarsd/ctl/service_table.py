"""The services as an aligned table that gives up columns, the least telling first, to fit."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import align, plain, total_width, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Service
    from tarsd.ctl.table import Cell

STATE_STYLES = {"running": "good", "restarting": "warn", "missing": "bad", "dead": "bad"}
HEALTH_STYLES = {"healthy": "good", "starting": "warn", "unhealthy": "bad"}
TITLES = {"used": "MEMORY"}
LAYOUTS = (
    ("service", "state", "answers", "since", "restarts", "memory", "ports"),
    ("service", "state", "answers", "since", "restarts", "used", "ports"),
    ("service", "state", "answers", "since", "restarts", "used"),
    ("service", "state", "answers", "since", "restarts"),
    ("service", "state", "answers", "since"),
    ("service", "state", "answers"),
)


def service_lines(
    services: Sequence[Service],
    told: Collection[str | None],
    now: str | None,
    width: int | None,
    paint: Paint,
) -> Iterator[str]:
    """The table in the widest layout that fits; a service's message follows its line, unless it is `told` elsewhere."""
    cells = [_cells(service, now) for service in services]
    rows = [_rows(layout, cells) for layout in LAYOUTS]
    fitting = next((r for r in rows if width is None or total_width(r) <= width), rows[-1])
    title, *lines = align(fitting, paint)
    yield title
    for service, line in zip(services, lines, strict=True):
        yield line
        message = None if service.get("name") in told else service.get("message")
        for said in filter(None, (_stopped(service, now), message)):
            yield from (f"  {part}" for part in wrap(human.one_line(said), width, 2))


def _rows(layout: Sequence[str], services: Sequence[dict[str, Cell]]) -> list[list[Cell]]:
    titles = plain(*(TITLES.get(column, column.upper()) for column in layout))
    return [titles, *([cells[column] for column in layout] for cells in services)]


def _cells(service: Service, now: str | None) -> dict[str, Cell]:
    state = service.get("state") or "unknown"
    restarts = service.get("restarts")
    used = human.size(service.get("memory_bytes"))
    limit = service.get("memory_limit_bytes")
    fell = state == "exited" and service.get("wanted") != "stopped"
    return {
        "service": (human.one_line(service.get("name") or "?"), ""),
        "state": (state, "bad" if fell else STATE_STYLES.get(state, "")),
        "answers": _answers(service),
        "since": (human.duration(human.between(service.get("since"), now)), ""),
        "restarts": (human.UNKNOWN if restarts is None else str(restarts), ""),
        "memory": (f"{used} / {human.size(limit)}" if limit and used != "-" else used, ""),
        "used": (used, ""),
        "ports": (", ".join(service.get("ports") or []) or human.UNKNOWN, ""),
    }


def _answers(service: Service) -> Cell:
    """What its last answer proved, and how long it took; of one that is not well, and of one that only Docker asks, so."""
    health = service.get("health") or "unknown"
    style = HEALTH_STYLES.get(health, "")
    heard = service.get("answers") or {}
    level, took = heard.get("level"), heard.get("latency_ms")
    if health == "healthy" and heard.get("message"):
        return "asked again", "warn"  # one failure is none yet
    if health == "healthy" and level:
        figure = "" if took is None else " <1 ms" if took < 1 else f" {took:>2.0f} ms"
        return f"{level:<5}{figure}".rstrip(), style
    return human.UNKNOWN if health == "none" else health, style


def _stopped(service: Service, now: str | None) -> str | None:
    """By whom, how and when: `docker stop` was seen, tarsctl was told."""
    wish = service.get("wish") or {}
    if service.get("wanted") != "stopped" or not wish:
        return None
    reason = wish.get("reason") or "it is not known how"
    how = reason if wish.get("by") == "docker" else f"tarsctl: {reason}"
    return f"stopped by its owner ({how}) · {human.clock(wish.get('at'), now)}"
