"""How a NAS is shown: its state, a trial of it, and the end of a setup."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import fix_lines, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import NasReport, NasSetup, NasTest

WORDS = {True: "yes", False: "no", None: "unknown"}


def status_lines(found: NasReport, width: int | None) -> list[str]:
    """A line per fact; what is not known is said to be."""
    if not found.get("configured"):
        return ["NAS  not configured", "", "Next: sudo tarsctl nas setup"]
    enabled = found.get("enabled")
    rows = [
        ("Source", found.get("source") or human.UNKNOWN),
        ("Mounted at", found.get("path") or human.UNKNOWN),
        ("Mounted", WORDS[found.get("mounted")]),
        ("Reachable", WORDS[found.get("reachable")]),
        ("Documents", documents(found)),
        ("Read-only", WORDS[found.get("read_only")]),
        ("Options", " ".join(found.get("options") or []) or human.UNKNOWN),
    ]
    if enabled is False:
        rows.append(("Containers", "do not see it (nas.enabled = false)"))
    if message := found.get("message"):
        rows.append(("Trouble", human.one_line(message)))
    indent = max(len(label) for label, _ in rows) + 2
    lines: list[str] = []
    for label, text in rows:
        first, *more = wrap(human.one_line(text), width, indent)
        lines += [f"{label:<{indent}}{first}", *(" " * indent + line for line in more)]
    if following := _next(found):
        lines += ["", f"Next: {following}"]
    return lines


def _next(found: NasReport) -> str | None:
    """A NAS that is there and not mounted came up after this machine; one that is not there has to be tried."""
    unit = found.get("unit")
    if found.get("mounted") is False and found.get("reachable") and unit:
        return f"sudo systemctl start '{unit}'"
    if found.get("mounted") is False or found.get("reachable") is False:
        return "sudo tarsctl nas test"
    return "tarsctl incidents" if found.get("fault") else None


def documents(found: NasReport) -> str:
    """How many there were, and when that was."""
    count = found.get("documents")
    if count is None:
        return "not counted"
    more = "" if found.get("documents_complete") else "more than "
    return f"{more}{count:,}, counted {human.clock(found.get('documents_at'), None)}"


def test_lines(found: NasTest, width: int | None, paint: Paint) -> list[str]:
    """What was right, step by step, then what was wrong and how to mend it."""
    steps = found.get("steps") or []
    indent = max([len(step.get("step") or "") for step in steps], default=0) + 2
    lines = [
        f"  {paint('good', 'ok')}    {step.get('step') or '':<{indent}}"
        f"{human.one_line(step.get('said') or '')}"
        for step in steps
    ]
    if found.get("works"):
        return [*lines, "", f"{found.get('source')} works"]
    message, fix = found.get("message") or "it does not work", found.get("fix")
    first, *more = wrap(human.one_line(message), width, 8)
    lines += [f"  {paint('bad', 'fail')}  {first}", *(" " * 8 + line for line in more)]
    if fix:
        lines += fix_lines(human.one_line(fix), width, 8)
    return lines


def setup_lines(result: NasSetup, *, hints: bool) -> list[str]:
    """What stands now, and what is next."""
    count = result.get("documents")
    told = "documents not counted yet"
    if count is not None:
        told = ("" if result.get("complete") else "more than ") + f"{count:,} documents"
    lines = [f"{result.get('source')} is mounted at {result.get('path')}: {told}"]
    following = result.get("next") or []
    return [*lines, f"Next: {' · '.join(following)}"] if hints and following else lines
