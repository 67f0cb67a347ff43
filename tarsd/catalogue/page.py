"""The catalogue as a page to read: docs/faults.md is this."""

from collections.abc import Iterator, Mapping, Sequence

from tarsd.catalogue.check import Check
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.times import words

HEAD = """# The faults that tars-home knows

Made from the catalogue (`tarsd/catalogue/`); `tarsctl doctor explain ID` tells the same on a terminal. A check asks
and never changes anything. `fail` means that something does not work, `warn` that it works and that a sensible
owner would act.
"""

_KINDS = {
    Kind.AUTOMATIC: "unattended",
    Kind.CONFIRM: "by `tarsctl doctor --fix`, which asks first",
    Kind.MANUAL: "by its owner only",
}


def page(subjects: Mapping[str, Sequence[Check]]) -> str:
    """The whole page. Raises ValueError for a check that nobody has explained."""
    parts = [HEAD]
    for subject, checks in subjects.items():
        parts.append(f"\n## {subject}\n")
        parts += ["\n".join(_entry(check)) + "\n" for check in checks]
    return "\n".join(parts)


def _entry(check: Check) -> Iterator[str]:
    about = check.about
    if about is None:
        raise ValueError(f"{check.id} has no About")
    yield f"### {check.id}"
    yield f"{about.what}."
    yield f"- **Seen**: {about.seen}; {cadence(check)}."
    yield f"- **Why it matters**: {about.why}."
    yield f"- **What we do**: {about.we}."
    yield f"- **What you do**: {about.you}."
    if about.commands:
        yield "\n```sh\n" + "\n".join(about.commands) + "\n```\n"
    facts = [f"worst answer `{check.severity.value}`", f"deadline {check.deadline:.0f} s"]
    if check.after:
        facts.append(
            "skipped while one of these fails: " + ", ".join(f"`{it}`" for it in check.after)
        )
    facts += [_remedy(it) for it in check.remedies]
    yield f"- {'; '.join(facts)}."


def cadence(check: Check) -> str:
    """How often the monitor asks, and what lets it ask at once, in words."""
    if check.every is None:
        return "asked by an install and by `tarsctl doctor`" + (" `--deep`" if check.deep else "")
    if not check.every:
        return "looked at whenever something happens, and every 30 s"
    often = f"asked every {words(check.every)}"
    at_once = ", ".join(sorted(it.value for it in check.triggers))
    return f"{often}, and at once after: {at_once}" if at_once else often


def _remedy(remedy: Remedy) -> str:
    return f"remedy `{remedy.id}`, {_KINDS[remedy.kind]}"
