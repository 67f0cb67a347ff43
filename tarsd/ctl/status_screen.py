"""The screen of `tarsctl status`: a verdict, a line per service, the machine, what to do next."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.service_table import service_lines
from tarsd.ctl.table import fix_lines, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import (
        Boot,
        Disk,
        Gpu,
        IncidentBrief,
        IncidentsStatus,
        Nas,
        Problem,
        Status,
    )

MOST_INCIDENTS = 3
OVERALL_STYLES = {"healthy": "good", "degraded": "warn", "unhealthy": "bad", "unknown": "warn"}


def screen(status: Status, width: int | None, paint: Paint, *, hints: bool = True) -> list[str]:
    """The lines of the screen; `width` is None where lines may be of any length."""
    lines = _headline(status, width, paint)
    if services := status.get("services"):
        problems = status.get("problems") or []
        told = {problem.get("subject") for problem in problems if problem.get("incident")}
        lines += ["", *service_lines(services, told, status.get("timestamp"), width, paint)]
    lines += ["", *_aligned(list(_facts(status)), width)]
    if problems := status.get("problems"):
        lines += ["", "Problems", *_problems(problems, width, paint)]
    following = status.get("next") or (None if _installed(status) else "sudo tarsctl install")
    if hints and following:
        lines += ["", *wrap(f"Next: {following}", width, 0, hang=6)]
    return lines


def _installed(status: Status) -> bool:
    return status.get("installed") is not False


def _headline(status: Status, width: int | None, paint: Paint) -> list[str]:
    machine = status.get("machine") or "this machine"
    if not _installed(status):
        return [f"{machine}: nothing installed yet"]
    overall = status.get("overall") or "unknown"
    parts = [f"{machine}: {overall}"]
    if message := status.get("message"):
        parts.append(human.one_line(message))
    up = human.between(status.get("since"), status.get("timestamp"))
    if up is not None:
        parts.append(f"up {human.duration(up)}")
    if (generation := status.get("generation")) is not None:
        parts.append(f"generation {generation}")
    first, *more = wrap(" · ".join(parts), width, 0, hang=2)
    # coloured only now, for colour is no width
    painted = paint(OVERALL_STYLES.get(overall, ""), overall)
    return [first.replace(f": {overall}", f": {painted}", 1), *more]


def _facts(status: Status) -> Iterator[tuple[str, str]]:
    engine = status.get("engine") or {}
    if engine.get("status") != "ok":
        yield "Engine", _joined(engine.get("status") or "unknown", engine.get("message"))
    first, *others = _gpus(status.get("gpu"))
    yield "GPU", first
    yield from (("", gpu) for gpu in others)
    now = status.get("timestamp")
    yield "NAS", _nas(status.get("nas") or {}, now)
    yield "Disk", _disk(status.get("disk") or {})
    if change := status.get("change"):
        began = f"running since {human.clock(change.get('started'), now)}"
        summary = change.get("summary") or change.get("kind")
        yield "Change", _joined(change.get("id"), summary, began)
    if boot := status.get("boot"):
        yield "Boot", _boot(boot, now)
    told = {problem.get("incident") for problem in status.get("problems") or []} - {None}
    yield from _incidents(status.get("incidents") or {}, told, now)
    if last := status.get("last"):
        yield "Last", _joined(human.clock(last.get("at"), now), last.get("text"))


def _boot(boot: Boot, now: str | None) -> str:
    verdict, seconds = boot.get("verdict") or "unknown", boot.get("seconds")
    took = f"{verdict} after {human.duration(seconds)}" if seconds is not None else verdict
    return _joined(human.clock(boot.get("at"), now), took, "; ".join(boot.get("missing") or []))


def _incidents(
    incidents: IncidentsStatus, told: Collection[str | None], now: str | None
) -> Iterator[tuple[str, str]]:
    """What is not resolved and no problem yet, a line each; of many the first few and their number."""
    unresolved = [it for it in incidents.get("open") or [] if it.get("id") not in told]
    label = "Incident" if len(unresolved) == 1 else "Incidents"
    for at, incident in enumerate(unresolved[:MOST_INCIDENTS]):
        what = human.said(incident.get("subject"), incident.get("summary"))
        yield ("" if at else label), _joined(incident.get("id"), what, _held(incident, now))
    if len(unresolved) > MOST_INCIDENTS:
        yield "", f"and {len(unresolved) - MOST_INCIDENTS} more: tarsctl incidents --open"


def _held(incident: IncidentBrief, now: str | None) -> str:
    if incident.get("status") != "held":
        return f"since {human.clock(incident.get('opened'), now)}"
    again = incident.get("next_try")
    return f"held, tried again {human.clock(again, now)}" if again else "held, being tried"


def _gpus(gpus: list[Gpu] | None) -> list[str]:
    if gpus is None:
        return ["unknown"]
    lines = [
        _joined(
            gpu.get("name") or "unknown",
            f"driver {gpu.get('driver')}" if gpu.get("driver") else None,
            gpu.get("message"),
        )
        for gpu in gpus
    ]
    return lines or ["none"]


def _nas(nas: Nas, now: str | None) -> str:
    if nas.get("configured") is False:
        return _joined("not configured", nas.get("message"))
    mounted = nas.get("mounted")
    if mounted is None:
        return _joined("unknown", nas.get("source"), nas.get("message"))
    place = ("" if mounted else "not ") + f"mounted at {nas.get('path') or human.UNKNOWN}"
    counted = _documents(nas, now) if mounted else None
    return _joined(nas.get("source"), place, counted, nas.get("message"))


def _documents(nas: Nas, now: str | None) -> str | None:
    """How many there were when they were last counted, and how long ago that was."""
    count = nas.get("documents")
    if count is None:
        return None
    more = "" if nas.get("documents_complete") else "more than "
    noun = "document" if count == 1 else "documents"
    age = human.between(nas.get("documents_at"), now)
    return f"{more}{count:,} {noun}" + (
        f", counted {human.duration(age)} ago" if age is not None else ""
    )


def _disk(disk: Disk) -> str:
    free, total = disk.get("free_bytes"), disk.get("total_bytes")
    if free is None:
        return _joined("unknown", disk.get("path"), disk.get("message"))
    share = f" ({100 * free // total} %)" if total else ""
    return _joined(f"{human.size(free)} free{share}", disk.get("path"), disk.get("message"))


def _joined(*parts: str | None) -> str:
    return " · ".join(human.one_line(part) for part in parts if part)


def _aligned(facts: list[tuple[str, str]], width: int | None) -> Iterator[str]:
    indent = max(len(label) for label, _ in facts) + 2
    for label, text in facts:
        first, *more = wrap(text, width, indent)
        yield f"{label:<{indent}}{first}"
        yield from (" " * indent + line for line in more)


def _problems(problems: list[Problem], width: int | None, paint: Paint) -> Iterator[str]:
    indent = max(len(problem.get("id") or "") for problem in problems) + 4
    for problem in problems:
        told = ": ".join(part for part in (problem.get("subject"), problem.get("message")) if part)
        number = problem.get("incident")
        told += f" · incident {number}" if number else ""
        first, *more = wrap(human.one_line(told), width, indent)
        name = problem.get("id") or ""
        yield f"  {paint('bad', name)}{' ' * (indent - 2 - len(name))}{first}".rstrip()
        yield from (" " * indent + line for line in more)
        if fix := problem.get("fix"):
            yield from fix_lines(fix, width, indent)
