"""What the doctor found, as a person reads it: sections by subject, the failures with what helps."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import align, plain, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Act, CheckRow, Examined, ExaminedFinding

STYLES = {"fail": "bad", "warn": "warn", "unknown": "warn", "skip": ""}
ENDS = {"fixed": "good", "well": "good", "refused": "warn", "failed": "bad", "useless": "bad"}
END_WORDS = {
    "fixed": "fixed",
    "well": "well already",
    "refused": "not done",
    "failed": "failed",
    "useless": "no help",
}
DOES_IT = {"automatic": "doctor --fix does it", "confirm": "doctor --fix asks, and does it"}


def finding_lines(found: Examined, width: int | None, paint: Paint) -> Iterator[str]:
    """A section for each subject of which there is something to tell; what passed is only counted."""
    findings = [it for it in found.get("findings") or [] if _is_told(it)]
    words = max((len(it.get("status") or "") for it in findings), default=0)
    names = max((len(it.get("id") or "") for it in findings), default=0)
    page = Page(words, words + names + 6, width, paint)
    for section in found.get("sections") or []:
        ids = section.get("checks") or []
        mine = [it for it in findings if it.get("id") in ids]
        if mine:
            yield str(section.get("name"))
            for it in mine:
                if it.get("status") != "skip":
                    yield from page.finding(it)
            yield from page.skips(mine)


class Page:
    """`words` is the width of the first column, `indent` where the third begins."""

    def __init__(self, words: int, indent: int, width: int | None, paint: Paint) -> None:
        self._words = words
        self._indent = indent
        self._width = width
        self._paint = paint

    def finding(self, it: ExaminedFinding) -> Iterator[str]:
        """What is wrong, and what helps."""
        yield from self._row(it.get("status") or "unknown", it.get("id") or "?", _told(it))
        note = DOES_IT.get((it.get("remedy") or {}).get("class") or "")
        for command in it.get("commands") or []:
            first, *more = wrap(human.one_line(command), self._width, self._indent + 5)
            lines = [f"{'':{self._indent}}fix: {first}"]
            lines += [f"{'':{self._indent + 5}}{line}" for line in more]
            yield from self._noted(lines, f"({note})" if note else "")

    def skips(self, findings: Sequence[ExaminedFinding]) -> Iterator[str]:
        """What waits for the same is told in one line."""
        groups: dict[str, list[str]] = {}
        for it in findings:
            if it.get("status") == "skip":
                groups.setdefault(it.get("summary") or "", []).append(it.get("id") or "?")
        for why, ids in groups.items():
            once = list(dict.fromkeys(ids))
            yield from self._row("skip", once[0] if len(once) == 1 else f"{len(once)} checks", why)

    def _row(self, word: str, name: str, text: str) -> Iterator[str]:
        first, *more = wrap(human.one_line(text), self._width, self._indent)
        painted = self._paint(STYLES.get(word, ""), word) + " " * (self._words - len(word))
        yield f"  {painted}  {name:<{self._indent - self._words - 4}}{first}".rstrip()
        yield from (" " * self._indent + line for line in more)

    def _noted(self, lines: list[str], note: str) -> list[str]:
        """A note at the end of the last line, or below it where it does not fit."""
        if not note:
            return lines
        last = f"{lines[-1]}   {note}"
        if self._width is None or len(last) <= self._width:
            return [*lines[:-1], last]
        return [*lines, f"{'':{self._indent + 5}}{note}"]


def count_line(found: Examined) -> str:
    """How many of each, and how long it took."""
    counts = found.get("summary") or {}
    warnings = counts.get("warn") or 0
    parts = [f"{counts.get('pass') or 0} passed"]
    parts += [human.counted(warnings, "warning")] if warnings else []
    parts += [
        f"{counts.get(word) or 0} {told}"
        for word, told in (("fail", "failed"), ("skip", "skipped"), ("unknown", "unknown"))
    ]
    seconds = found.get("seconds")
    return ", ".join(parts) + ("" if seconds is None else f" · {human.duration(seconds)}")


def plan_lines(findings: Sequence[ExaminedFinding], width: int | None) -> Iterator[str]:
    """What --fix would do: what it does, what it asks for, what is left to the owner."""
    words = {"automatic": "do", "confirm": "ask, then", "manual": "yours"}
    rows: list[tuple[str, str, str]] = []
    for it in findings:
        remedy = it.get("remedy") or {}
        kind = remedy.get("class") or "manual"
        text = remedy.get("words") if kind != "manual" else None
        commands = "; ".join(it.get("commands") or [])
        told = (
            text
            or commands
            or remedy.get("words")
            or "see: tarsctl doctor explain " + str(it.get("id"))
        )
        rows.append((words.get(kind, kind), _name(it), human.one_line(told)))
    if not rows:
        return
    first, second = (max(len(row[at]) for row in rows) for at in (0, 1))
    for kind, name, text in sorted(rows, key=lambda row: [*words.values()].index(row[0])):
        indent = first + second + 6
        head, *more = wrap(text, width, indent)
        yield f"  {kind:<{first}}  {name:<{second}}  {head}"
        yield from (" " * indent + line for line in more)


def act_lines(acts: Sequence[Act], width: int | None, paint: Paint) -> Iterator[str]:
    """What became of each."""
    if not acts:
        return
    wide = max(len(END_WORDS.get(it.get("end") or "", it.get("end") or "?")) for it in acts)
    for it in acts:
        end = it.get("end") or "?"
        word = END_WORDS.get(end, end)
        told = f"{it.get('words')} ({it.get('id')})"
        if end != "fixed" and it.get("why"):
            told += f": {it.get('why')}"
        if end in ("failed", "useless"):
            kept = it.get("kept")
            told += (
                f"; it could not be taken back: {kept}" if kept else "; what it edited is as before"
            )
        head, *more = wrap(human.one_line(told), width, wide + 4)
        yield f"  {paint(ENDS.get(end, ''), word)}{' ' * (wide - len(word))}  {head}"
        yield from (" " * (wide + 4) + line for line in more)


def list_lines(checks: Sequence[CheckRow], paint: Paint, *, cost: bool) -> Iterator[str]:
    """All checks, by section."""
    titles = ("CHECK", "ASKED", "TIME", "CPU") if cost else ("CHECK", "WORST", "REMEDY", "WHEN")
    rows = [plain(*titles), *(_cost_row(it) if cost else _check_row(it) for it in checks)]
    title, *lines = align(rows, paint)
    yield title
    section = None
    for check, line in zip(checks, lines, strict=True):
        if check.get("section") != section:
            section = check.get("section")
            yield str(section)
        yield line


def explain_lines(check: CheckRow, width: int | None) -> Iterator[str]:
    """One check, explained to who has never heard of it."""
    yield f"{check.get('id')}"
    yield ""
    yield from wrap(f"{check.get('what')}.".replace("..", "."), width, 0)
    about = check.get("about") or {}
    told = [("Seen", about.get("seen")), ("Why", about.get("why"))]
    told += [("We", about.get("we")), ("You", about.get("you"))]
    for label, text in told:
        if text:
            first, *more = wrap(f"{text}", width, 6)
            yield ""
            yield f"{label:<6}{first}"
            yield from (" " * 6 + line for line in more)
    if commands := about.get("commands"):
        yield ""
        yield from (f"  {command}" for command in commands)
    yield ""
    yield from wrap(_facts(check), width, 0)


def _facts(check: CheckRow) -> str:
    parts = [f"Worst answer: {check.get('severity')}", str(check.get("asked"))]
    if after := check.get("after"):
        parts.append(f"waits for {', '.join(after)}")
    parts += [f"remedy {it.get('id')} ({it.get('class')})" for it in check.get("remedies") or []]
    return "; ".join(parts) + "."


def _check_row(it: CheckRow) -> list[tuple[str, str]]:
    remedies = it.get("remedies") or []
    kind = remedies[0].get("class") if remedies else None
    when = it.get("every_seconds")
    deep = "--deep only" if it.get("deep") else "doctor, install"
    often = deep if when is None else f"every {human.duration(when)}" if when else "always"
    return plain(f"  {it.get('id')}", it.get("severity") or "-", kind or "-", often)


def _cost_row(it: CheckRow) -> list[tuple[str, str]]:
    cost = it.get("cost") or {}
    asked = cost.get("asked") or 0
    if not asked:
        return plain(f"  {it.get('id')}", "never", "-", "-")
    times = [f"{1000 * (cost.get(key) or 0.0):.1f} ms" for key in ("seconds", "cpu_seconds")]
    return plain(f"  {it.get('id')}", f"{asked} x", *times)


def _is_told(it: ExaminedFinding) -> bool:
    """Not what passed, nor what has nothing to be asked about just now: only what waits for something that failed."""
    status = it.get("status")
    return status != "pass" and (status != "skip" or (it.get("summary") or "").startswith("waits"))


def _told(it: ExaminedFinding) -> str:
    summary = it.get("summary") or human.UNKNOWN
    subject = it.get("subject")
    return (
        summary if it.get("usual") or not subject or subject in summary else f"{subject}: {summary}"
    )


def _name(it: ExaminedFinding) -> str:
    return str(it.get("id"))
