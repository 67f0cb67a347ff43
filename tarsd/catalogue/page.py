"""The catalogue as a page to read: docs/faults.md is this."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tarsd.catalogue import preflight
from tarsd.catalogue.check import Check, Trigger
from tarsd.catalogue.remedy import Kind

HEAD = """# The faults that tars-home knows

Every fault that tars-home can see, causes before their effects. `tarsctl doctor explain ID` tells the same on a terminal.
This page is made from the catalogue (`tarsd/catalogue/`) by `packaging/faults.py`.

- Each fault has a **check**: one question about the machine, which is asked and changes nothing. It answers `pass`, `warn`
  (it works, and a sensible owner would act), `fail` (it does not work), `unknown` (it could not be asked), or `skip` while
  something else explains it: one cause is told once. After a sleep of the machine all that have a cadence are asked at
  once, but for those of `doctor --deep`.
- What tarsd does **unattended** is recorded with its reason, preceded by evidence, and verified by the same check. It has
  brakes: four tries, the later ones 10, 30 and 90 s after one that did not help, then one every half hour; six acts an hour
  for the whole machine; nothing that runs is disturbed in the five minutes after a boot or a sleep. What you have stopped,
  what a change works on, and what `[heal]` or the label `tars.heal: none` excludes is left alone. More in
  [supervision.md](supervision.md).
- Words in capitals in a command, such as `SERVICE`, are yours to fill in.
"""

_KINDS = {
    Kind.AUTOMATIC: "Unattended",
    Kind.CONFIRM: "By `tarsctl doctor --fix`, which asks first",
    Kind.MANUAL: "By you alone",
}

_AT_ONCE = {
    Trigger.SETTINGS: "the settings are read anew",
    Trigger.CHANGE: "a change ends",
    Trigger.ENGINE: "Docker comes up again",
    Trigger.RELOAD: "systemd reads its units anew",
    Trigger.KERNEL: "the kernel complains",
    Trigger.MOUNTS: "something is mounted or unmounted",
}

_PREFLIGHT = frozenset(check.id for check in preflight.CHECKS)

_NAMES = ("tarsd", "tarsctl", "systemd", "sysfs", "uname", "cifs", "nfs")
"""Words that are written small, also where a sentence begins."""


def page(subjects: Mapping[str, Sequence[Check]]) -> str:
    """The whole page. Raises ValueError for a check that nobody has explained."""
    parts = [HEAD, "## Contents", "\n".join(_contents(subjects)) + "\n"]
    for subject, checks in subjects.items():
        parts.append(f"## {subject}\n")
        parts += ["\n".join(_entry(check)) + "\n" for check in checks]
    return "\n".join(parts)


def _contents(subjects: Mapping[str, Sequence[Check]]) -> Iterator[str]:
    for subject, checks in subjects.items():
        links = " · ".join(f"[{check.id}](#{_anchor(check.id)})" for check in checks)
        yield f"- [{subject}](#{_anchor(subject)}): {links}"


def _anchor(heading: str) -> str:
    """What a heading is linked by, where Markdown is shown as pages."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _entry(check: Check) -> Iterator[str]:
    about = check.about
    if about is None:
        raise ValueError(f"{check.id} has no About")
    yield f"### {check.id}"
    yield f"{sentence(about.what)}\n"
    yield f"- **How it is seen**: {sentence(about.seen)}"
    yield f"- **Why it matters**: {sentence(about.why)}"
    yield f"- **What tarsd does**: {sentence(about.we)}"
    yield f"- **What you do**: {sentence(about.you)}"
    if about.commands:
        yield "\n```sh\n" + "\n".join(about.commands) + "\n```"
    yield "\n*" + " ".join(sentence(it) for it in _facts(check)) + "*"


def sentence(text: str) -> str:
    """With its full stop, links to other documents, and a capital unless it begins with a name or something to type."""
    text = re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](\1)", text)
    first = text.partition(" ")[0].rstrip(",:;")
    small = first in _NAMES or not first.isalpha()
    return f"{text if small else text[0].upper() + text[1:]}."


def _facts(check: Check) -> Iterator[str]:
    yield f"At worst `{check.severity.value}`"
    yield cadence(check)
    if check.after:
        yield f"not asked while {_either([f'`{it}`' for it in check.after])} fails"
    for kind, said in _KINDS.items():
        acts = [f"`{it.id}`" for it in check.remedies if it.kind is kind]
        if acts:
            yield f"{said}: {', then '.join(acts)}"


def cadence(check: Check) -> str:
    """How often the monitor asks, what lets it ask at once, and for how long it waits, in words."""
    within = f" ({_seconds(check.deadline)} at most)"
    if check.every is None:
        asker = "an install and " if check.id in _PREFLIGHT else ""
        return f"asked by {asker}`tarsctl doctor{' --deep' if check.deep else ''}`{within}"
    if not check.every:
        return "looked at every 30 s, and at once when something happens"
    at_once = [said for trigger, said in _AT_ONCE.items() if trigger in check.triggers]
    when = f", and at once when {_either(at_once)}" if at_once else ""
    return f"asked every {_seconds(check.every)}{when}{within}"


def _either(parts: Sequence[str]) -> str:
    """`a, b or c`"""
    return " or ".join([it for it in (", ".join(parts[:-1]), parts[-1]) if it])


def _seconds(seconds: float) -> str:
    """A round figure as one says it."""
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 7200 else f"{seconds / 3600:g} h"
