"""The sections about the machine and about the bundle: versions, what is missing, which files there are."""

import re
from collections.abc import Iterator

from tarsd.operations.bundle.report.found import Found, ReportedFile, listed
from tarsd.operations.bundle.report.gaps import TITLES, gaps
from tarsd.operations.bundle.report.markup import (
    Html,
    Part,
    badge,
    details,
    joined,
    link,
    table,
    tag,
)
from tarsd.operations.bundle.report.verdict import Colour
from tarsd.sizes import words as size_words


def versions(found: Found) -> Html:
    """Of everything that has one."""
    rows = [
        joined([tag("dt", name), tag("dd", value)]) for name, value in _versions(found) if value
    ]
    return tag("div", tag("dl", *rows), cls="scroll")


def _versions(found: Found) -> Iterator[tuple[str, Part]]:
    text, status = found.text("system/os.txt"), found.status
    daemon, engine = found.document("daemon/version.json"), found.document("engine/version.json")
    yield "tars-home", _after(found.facts.version, daemon.get("version"))
    installed = _first(r"^ii  (docker(?:-ce|\.io) \S+)", found.text("package/package.txt"))
    yield "Docker", engine.get("Version") or installed
    yield "Compose", _first(r"Compose version v?(\S+)", found.text("engine/compose.txt"))
    yield "System", _first(r'PRETTY_NAME="?([^"\n]+)', text)
    yield "Kernel", _first(r"^Linux \S+ (\S+)", text)
    yield "systemd", _first(r"^systemd (\d+[^\n]*)", text)
    for card in listed(status.get("gpu")):
        yield "Card", f"{card.get('name')}, driver {card.get('driver') or card.get('message')}"
    stack = found.text("engine/compose.txt")
    yield "Generation", _first(r"^generation (\d+)", stack)
    yield from re.findall(r"^service (\S+) (\S+)", stack, re.MULTILINE)
    yield "Package's files", _package(found)


def _after(mine: str, daemons: object) -> str:
    """An older daemon may still be running."""
    return mine if daemons in (None, mine) else f"{mine}; the daemon that runs is {daemons}"


def _first(rule: str, text: str) -> str | None:
    found = re.search(rule, text, re.MULTILINE)
    return found[1].strip() if found else None


def _package(found: Found) -> str | None:
    _, there, rest = found.text("package/package.txt").partition("==== $ dpkg --verify tars-home\n")
    if not there:
        return None
    changed = [line for line in rest.partition("\n====")[0].splitlines() if line.strip()]
    return "as they were installed" if not changed else "changed: " + "; ".join(changed)


_COLOURS: dict[str, Colour] = {"withheld": "warn", "failed": "bad", "late": "bad", "cut": "warn"}


def missing(found: Found) -> Html:
    """What is not there and should be, and, apart from it, what this machine has not got."""
    rows = gaps(found)
    wrong = [it for it in rows if it.kind != "absent"]
    absent = [it for it in rows if it.kind == "absent"]
    parts: list[Part] = []
    if wrong:
        lines = (
            [
                ("k", badge(TITLES.get(it.kind, it.kind), _COLOURS.get(it.kind, "dim"))),
                ("w", ", ".join(it.names)),
                ("w", it.why),
            ]
            for it in wrong
        )
        parts.append(table(("", "what", "why"), lines))
    else:
        parts.append(tag("p", "Nothing that was asked for."))
    if absent:
        told = "; ".join(f"{', '.join(it.names)} ({it.why})" for it in absent)
        parts.append(tag("p", f"Not on this machine: {told}.", cls="dim"))
    return joined(parts)


def files(found: Found) -> Html:
    """By collector; a name leads to the file where the bundle is unpacked."""
    titles = {str(it.get("id")): str(it.get("title")) for it in found.facts.collectors}
    groups: dict[str, list[ReportedFile]] = {}
    for it in found.files:
        groups.setdefault(it.collector, []).append(it)
    rows = (
        [("k", titles.get(collector, collector) if number == 0 else ""), *_file(it)]
        for collector, group in groups.items()
        for number, it in enumerate(group)
    )
    shown = table(("", "file", "size", "lines", "replaced"), rows)
    count = sum(it.path is not None for it in found.files)
    return details(f"All {count} files", shown)


def _file(it: ReportedFile) -> list[tuple[str, Part]]:
    replaced = ", ".join(_counted(*row) for row in sorted(it.redactions.items()))
    return [
        ("w", link(it.name) if it.path is not None else f"{it.name} (withheld)"),
        ("n", _size(it.size) if it.path is not None else ""),
        ("n", str(it.lines) if it.path is not None else ""),
        ("w", replaced),
    ]


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind}" + ("" if count == 1 else "es" if kind.endswith("s") else "s")


def _size(size: int) -> str:
    if not size:
        return "empty"
    return size_words(size) if size >= 10**6 else f"{max(size // 1000, 1)} kB"
