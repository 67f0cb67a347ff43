"""The words of a message: what, since when, why, what tarsd did, what to do."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarsd.alerts.causes import cause_of, ordered
from tarsd.alerts.notice import Kind, Notice
from tarsd.engine.incident import EntryKind, Incident, said
from tarsd.times import moment, words

LATE = 120.0
"""Seconds from when it was seen, from which on a message says that it is late."""

LONGEST_PART, LONGEST, LONGEST_TITLE, LONGEST_LINE = 1200, 6000, 120, 85
"""Characters. With a line each, the most notices that go together fit into what Discord takes, which is 2,000."""

PLAIN = 200
"""Characters of a message that was refused as it was."""

_LEVELS = {"fail": "failure", "warn": "warning", "info": "info"}
_LEAST = ("info", "success", "warning", "failure")


@dataclass(frozen=True)
class Message:
    """`level` as Apprise calls it. `short` is a line for each of several, for who takes no more; nothing where it is one."""

    title: str
    body: str
    level: str
    short: str = ""


@dataclass(frozen=True)
class Writer:
    """`host` is the machine's name; `zone` makes of a moment one of the machine's own time."""

    host: str

    def write(
        self,
        notices: Sequence[Notice],
        incidents: Mapping[int, Incident],
        needs: Mapping[str, Set[str]],
        now: datetime,
    ) -> Message:
        """One message of them all, the cause first; `incidents` with their timelines, of those that could be read."""
        told = ordered(notices, needs)
        first = told[0]
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        title = f"{self.host}: {_headline(first)}{more}"
        parts = [self._part(it, told, incidents.get(it.incident), needs, now) for it in told]
        body = "\n\n".join(_cut(part, LONGEST_PART) for part in parts)
        short = "\n".join(_line(it, now) for it in told) if len(told) > 1 else ""
        if short and len(body) > LONGEST:  # cut, it would say nothing of the last ones
            body = short
        level = max((_level(it) for it in told), key=_LEAST.index)
        return Message(_cut(title, LONGEST_TITLE), body, level, short)

    def plain(self, notices: Sequence[Notice]) -> Message:
        """The least that there is to say, in letters that everything takes."""
        first = notices[0]
        number = f"incident {first.incident}" if first.incident else "an incident"
        text = f"{number} {first.kind.value}: {first.fault} {first.subject}. See: tarsctl alerts outbox"
        bare = text.encode("ascii", "replace").decode()
        return Message(f"{self.host}: alert", _cut(bare, PLAIN), _level(first))

    def _part(
        self,
        notice: Notice,
        all_: Sequence[Notice],
        incident: Incident | None,
        needs: Mapping[str, Set[str]],
        now: datetime,
    ) -> str:
        lines = [f"{_WORDS[notice.kind]}: {said(notice.subject, notice.text)}"]
        lines += _since(notice, incident, now)
        cause = cause_of(notice, all_, needs)
        if cause is not None and notice.kind is not Kind.RESOLVED:
            lines.append(f"Because of: {said(cause.subject, cause.text)}")
        lines += _done(incident)
        if notice.fix and notice.kind in (Kind.OPENED, Kind.REMINDER, Kind.CHANGE):
            lines.append(f"What to do: {notice.fix}")
        if notice.incident:
            lines.append(f"More: tarsctl incidents show {notice.incident} ({notice.fault})")
        if notice.repeated:
            lines.append("You may have this twice: nobody knows how its first sending ended.")
        return "\n".join(lines)


_WORDS = {
    Kind.OPENED: "Problem",
    Kind.REMINDER: "Still a problem",
    Kind.RESOLVED: "Well again",
    Kind.CHANGE: "Change",
}


def clock(at: datetime, now: datetime) -> str:
    """A moment in the machine's own time; the day with it unless that is today."""
    there, here = at.astimezone(), now.astimezone()
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%d %b %H:%M}"


def _line(notice: Notice, now: datetime) -> str:
    """The least that says which it is, and whether it is late or comes twice."""
    number = f" ({notice.incident})" if notice.incident else ""
    late = f" {clock(moment(notice.seen), now)}" if _is_late(notice, now) else ""
    end = f"{number}{late}{' again?' if notice.repeated else ''}"
    return _cut(_headline(notice), LONGEST_LINE - len(end)) + end


def _is_late(notice: Notice, now: datetime) -> bool:
    late = now - moment(notice.seen)
    return notice.kind is not Kind.REMINDER and timedelta(seconds=LATE) <= late < timedelta(days=30)


def _headline(notice: Notice) -> str:
    short = said(notice.subject, notice.text)
    return short if notice.kind is Kind.CHANGE else f"{_WORDS[notice.kind]}: {short}"


def _since(notice: Notice, incident: Incident | None, now: datetime) -> list[str]:
    opened = moment(incident.opened) if incident is not None else moment(notice.seen)
    seen = moment(notice.seen)
    lines: list[str] = []
    if notice.kind is Kind.RESOLVED and incident is not None:
        lasted = max((seen - opened).total_seconds(), 0.0)
        lines.append(f"From {clock(opened, now)} until {clock(seen, now)} ({words(lasted)})")
    elif notice.kind is not Kind.CHANGE:
        lines.append(f"Since {clock(opened, now)}")
    if _is_late(notice, now):
        lines.append(f"Late: seen {clock(seen, now)}, sent {clock(now, now)}")
    return lines


def _done(incident: Incident | None) -> list[str]:
    """What tarsd did last, and why it does no more."""
    if incident is None:
        return []
    did = [it.text for it in incident.entries if it.kind is EntryKind.DID]
    held = [it.text for it in incident.entries if it.kind is EntryKind.HELD]
    lines = [f"What tarsd did: {'; '.join(did[-3:])}"] if did else []
    if held and incident.resolved is None:
        lines.append(f"It has stopped trying for now: {held[-1]}")
    if not lines and incident.resolved is None:
        lines.append("What tarsd did: nothing so far")
    return lines


def _level(notice: Notice) -> str:
    if notice.kind is Kind.RESOLVED:
        return "success"
    return _LEVELS.get(notice.severity, "failure")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
