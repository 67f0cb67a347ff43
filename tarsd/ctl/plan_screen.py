"""What an install would do, as a person reads it."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tarsd.ctl.shapes import InstallPlan, ServicePlan

    Row = tuple[str, list[str]]

LABEL = 10
SOURCES = {
    "registry": "pull",
    "archive": "from the archive",
    "nowhere": "missing",
    "here": "here already",
}
ACTS = {
    "create": "create",
    "recreate": "replace",
    "start": "start",
    "remove": "remove",
    "unknown": "not known yet",
    "keep": "keep as it is",
}


def plan_lines(plan: InstallPlan, width: int | None) -> list[str]:
    """One block for each kind of thing that an install touches; none where it touches nothing of it."""
    blocks: list[tuple[str, list[Row]]] = [
        ("Settings", _settings(plan)),
        ("Images", _images(plan)),
        ("Secrets", _listed("make", plan.get("secrets"))),
        ("Services", _services(plan)),
        ("Models", _listed("pull if missing", plan.get("models"))),
    ]
    lines = ["This would"]
    for label, rows in blocks:
        lines += _block(label, rows, width)
    return lines if len(lines) > 1 else ["This would change nothing"]


def _block(label: str, rows: list[Row], width: int | None) -> Iterator[str]:
    column = max((len(word) for word, _ in rows), default=0)
    for number, (word, items) in enumerate(rows):
        first = f"  {label if number == 0 else '':<{LABEL}}{word:<{column}}  "
        text, *more = wrap(human.one_line(" · ".join(items)), width, len(first))
        yield (first + text).rstrip()
        yield from (" " * len(first) + line for line in more)


def _settings(plan: InstallPlan) -> list[Row]:
    changes = plan.get("settings") or []
    return [
        (str(it.get("key")), [f"{_value(it.get('from'))} -> {_value(it.get('to'))}"])
        for it in changes
    ]


def _value(value: str | float | list[object] | None) -> str:
    if value in (None, "", []):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _images(plan: InstallPlan) -> list[Row]:
    images = plan.get("images")
    if images is None:
        return [("not known", ["the stack cannot be rendered yet"])]
    return _grouped(SOURCES, ((str(it.get("from")), str(it.get("reference"))) for it in images))


def _services(plan: InstallPlan) -> list[Row]:
    services = plan.get("services")
    if services is None:
        return [("not known", ["the stack cannot be rendered yet"])]
    return _grouped(ACTS, ((str(it.get("what")), _service(it)) for it in services))


def _service(it: ServicePlan) -> str:
    name, why = str(it.get("name")), it.get("why")
    return f"{name} ({why})" if why else name


def _grouped(words: dict[str, str], items: Iterable[tuple[str, str]]) -> list[Row]:
    groups: dict[str, list[str]] = {}
    for kind, name in items:
        groups.setdefault(kind, []).append(name)
    known = [(words[kind], groups.pop(kind)) for kind in words if kind in groups]
    return known + list(groups.items())


def _listed(word: str, names: list[str] | None) -> list[Row]:
    return [(word, names)] if names else []
