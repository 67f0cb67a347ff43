"""GO or NO-GO: how an installation ended, what to mend, where to go."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import fix_lines, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Finding, InstallResult


def verdict_lines(
    result: InstallResult,
    took: float | None,
    paint: Paint,
    width: int | None,
    *,
    hints: bool,
    failures: bool = True,
) -> list[str]:
    """The block that ends an installation; `took` in seconds, `failures`: whether they are told here or only counted."""
    told_failures = (result.get("failures") or []) if failures else []
    warnings = result.get("warnings") or []
    verdict = result.get("verdict") or "NO-GO"
    head = [paint("good" if verdict == "GO" else "bad", verdict), _counts(result)]
    if took is not None:
        head.append(human.duration(took))
    lines = [" · ".join(head)]
    findings = [("fail", "bad", each) for each in told_failures]
    findings += [("warn", "warn", each) for each in warnings]
    indent = max((len(_name(finding)) for _, _, finding in findings), default=0) + 10
    if findings:
        lines.append("")
    for word, style, finding in findings:
        lines += _finding(paint(style, word), finding, indent, width)
    places = [("Open", result.get("open")), ("Next", result.get("next"))]
    told: list[str] = []
    for label, items in places:
        if items:
            first, *more = wrap(human.one_line(" · ".join(items)), width, 6)
            told += [f"{label}  {first}", *(" " * 6 + line for line in more)]
    return [*lines, "", *told] if hints and told else lines


def _counts(result: InstallResult) -> str:
    parts = [f"{result.get('passed') or 0} passed"]
    if warnings := result.get("warnings"):
        parts.append(human.counted(len(warnings), "warning"))
    if failures := result.get("failures"):
        parts.append(f"{len(failures)} failed")
    if unchanged := result.get("unchanged"):
        parts.append(
            f"{human.counted(unchanged, 'service')} run{'s' * (unchanged == 1)} on as before"
        )
    return ", ".join(parts)


def _finding(word: str, finding: Finding, indent: int, width: int | None) -> Iterator[str]:
    parts = [finding.get("subject"), finding.get("summary")]
    told = human.one_line(": ".join(part for part in parts if part))
    first, *more = wrap(told, width, indent)
    yield f"  {word}  {_name(finding):<{indent - 8}}{first}".rstrip()
    yield from (" " * indent + line for line in more)
    if fix := finding.get("fix"):
        yield from fix_lines(fix, width, indent)


def _name(finding: Finding) -> str:
    return finding.get("id") or "unnamed"
