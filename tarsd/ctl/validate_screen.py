"""A validation as a person reads and files it: each suite with its verdict, and every check with what it found."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import fix_lines, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import ExaminedFinding
    from tarsd.ctl.validate_shapes import Validated, ValidatedSuite

STYLES = {"pass": "good", "fail": "bad", "warn": "warn", "unknown": "bad", "skip": ""}
ORDER = ("fail", "unknown", "warn", "skip", "pass")


def report(found: Validated, head: str, width: int | None, paint: Paint) -> Iterator[str]:
    """The whole of it; `head` says which machine, when, and by which version."""
    yield head
    for suite in found.get("suites") or []:
        yield ""
        yield from _suite(suite, width, paint)
    yield ""
    verdict = found.get("verdict") or "NO-GO"
    counts = [suite.get("summary") or {} for suite in found.get("suites") or []]
    told = f"{_verdict(verdict, paint)} · {_counts(counts)}"
    seconds = found.get("seconds")
    yield told if seconds is None else f"{told} · {human.duration(seconds)}"


def _suite(suite: ValidatedSuite, width: int | None, paint: Paint) -> Iterator[str]:
    verdict = suite.get("verdict") or "NO-GO"
    yield f"{suite.get('name')}: {_verdict(verdict, paint)}"
    rows = _rows(suite.get("findings") or [])
    indent = max((len(name) for _, name, _, _ in rows), default=0) + 13
    for status, name, told, fix in rows:
        first, *more = wrap(human.one_line(told), width, indent)
        word = paint(STYLES.get(status, ""), status) + " " * (7 - len(status))
        yield f"  {word}  {name:<{indent - 13}}  {first}".rstrip()
        yield from (" " * indent + line for line in more)
        if fix:
            yield from fix_lines(fix, width, indent)
    if (reason := suite.get("reason")) and suite.get("fix"):
        first, *more = wrap(human.one_line(reason), width, 2)
        yield f"  {first}"
        yield from (f"  {line}" for line in more)
        yield from fix_lines(suite.get("fix") or "", width, 2)


def _rows(findings: Sequence[ExaminedFinding]) -> list[tuple[str, str, str, str | None]]:
    """What is said alike of several subjects is said once; what is wrong comes first."""
    subjects: dict[tuple[str, str, str, str], list[str]] = {}
    for it in findings:
        commands = "; ".join(it.get("commands") or [])
        status = it.get("status") or "unknown"
        key = (status, it.get("id") or "unnamed", it.get("summary") or "", commands)
        subjects.setdefault(key, []).append(it.get("subject") or "")
    ordered = sorted(subjects.items(), key=lambda row: ORDER.index(row[0][0]))
    return [
        (
            status,
            name,
            f"{', '.join(filter(None, who))}: {summary}",
            commands if status in ("fail", "warn") else None,
        )
        for (status, name, summary, commands), who in ordered
    ]


def _verdict(word: str, paint: Paint) -> str:
    return paint("good" if word == "GO" else "bad", word)


def _counts(summaries: Sequence[Mapping[str, int]]) -> str:
    total = {word: sum(it.get(word) or 0 for it in summaries) for word in ORDER}
    parts = [f"{total['pass']} passed"]
    parts += [human.counted(total["warn"], "warning")] if total["warn"] else []
    names = (("fail", "failed"), ("unknown", "unknown"), ("skip", "skipped"))
    parts += [f"{total[word]} {told}" for word, told in names if total[word]]
    return ", ".join(parts)
