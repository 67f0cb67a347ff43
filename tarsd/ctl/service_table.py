"""The services as an aligned table that gives up columns, the least telling first, to fit."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import align, plain, total_width, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Service
    from tarsd.ctl.table import Cell

STATE_STYLES = {"running": "good", "restarting": "warn", "missing": "bad", "dead": "bad"}
HEALTH_STYLES = {"healthy": "good", "starting": "warn", "unhealthy": "bad"}
TITLES = {"used": "MEMORY"}
LAYOUTS = (
    ("service", "state", "health", "since", "restarts", "memory", "ports"),
    ("service", "state", "health", "since", "restarts", "used", "ports"),
    ("service", "state", "health", "since", "restarts", "used"),
    ("service", "state", "health", "since", "restarts"),
    ("service", "state", "health"),
)


def service_lines(
    services: Sequence[Service], now: str | None, width: int | None, paint: Paint
) -> Iterator[str]:
    """The table in the widest layout that fits; a service's message follows its line."""
    cells = [_cells(service, now) for service in services]
    rows = [_rows(layout, cells) for layout in LAYOUTS]
    fitting = next((r for r in rows if width is None or total_width(r) <= width), rows[-1])
    title, *lines = align(fitting, paint)
    yield title
    for service, line in zip(services, lines, strict=True):
        yield line
        if message := service.get("message"):
            yield from (f"  {part}" for part in wrap(human.one_line(message), width, 2))


def _rows(layout: Sequence[str], services: Sequence[dict[str, Cell]]) -> list[list[Cell]]:
    titles = plain(*(TITLES.get(column, column.upper()) for column in layout))
    return [titles, *([cells[column] for column in layout] for cells in services)]


def _cells(service: Service, now: str | None) -> dict[str, Cell]:
    state = service.get("state") or "unknown"
    health = service.get("health") or "unknown"
    restarts = service.get("restarts")
    used = human.size(service.get("memory_bytes"))
    limit = service.get("memory_limit_bytes")
    fell = state == "exited" and service.get("wanted") != "stopped"
    return {
        "service": (human.one_line(service.get("name") or "?"), ""),
        "state": (state, "bad" if fell else STATE_STYLES.get(state, "")),
        "health": (human.UNKNOWN if health == "none" else health, HEALTH_STYLES.get(health, "")),
        "since": (human.duration(human.between(service.get("since"), now)), ""),
        "restarts": (human.UNKNOWN if restarts is None else str(restarts), ""),
        "memory": (f"{used} / {human.size(limit)}" if limit and used != "-" else used, ""),
        "used": (used, ""),
        "ports": (", ".join(service.get("ports") or []) or human.UNKNOWN, ""),
    }
