"""The book: what becomes of incidents, as notices; what is in the outbox already is not made anew."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tarsd.alerts.notice import Kind, Notice, State, base_of
from tarsd.alerts.outbox import Outbox
from tarsd.alerts.policy import Holds, routed
from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.settings import Alerts
from tarsd.times import iso, moment

RECENT = timedelta(days=1)
"""What began and ended unseen, because tarsd was killed in between, is told if it ended no longer ago."""

LOST = "there is no record of it any more: if it is still so, it is told anew"
"""Said of what was told and is not in the ledger, because an older copy took its place."""


@dataclass
class Case:
    """One unresolved incident, or one that is over and not yet told to be. Times are monotonic, in seconds.

    `incident` goes by the name under which it was told, also once it is known better: its end is told to who knows that.
    """

    incident: Incident
    since: float
    told: bool = False
    ended: float | None = None
    ended_at: str | None = None
    reminded: float = 0.0
    reminders: int = 0


class Book:
    """`clock` is monotonic, in seconds; `wall` dates what is seen."""

    def __init__(
        self,
        outbox: Outbox,
        holds: Holds,
        settings: Callable[[], Alerts],
        wall: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._holds = holds
        self._settings = settings
        self._wall = wall
        self._clock = clock
        self._cases: dict[tuple[str, str], Case] = {}

    def recall(
        self,
        unresolved: Sequence[Incident],
        ended: Sequence[Incident],
        since: Mapping[str, str],
    ) -> None:
        """What an earlier daemon told, beside how things are now; `ended` are resolved ones, `since` is when each channel
        became known."""
        for incident in unresolved:
            case = self._open(incident)
            case.since = self._clock() - self._ago(incident.opened)
            case.told = case.told or self._is_told(case.incident)
        known = {_base(case.incident) for case in self._cases.values()}
        ended = [self._as_told(incident) for incident in ended]
        for incident in [*ended, *self._lost({*known, *map(_base, ended)})]:
            if _base(incident) in known:
                continue
            if self._is_told(incident):
                self._end(self._open(incident), incident.resolved)
            elif self._was_missed(incident):
                self._tell_missed(incident, since)

    def introduce(self) -> None:
        """Tell what was told already to channels that are new."""
        for case in self._cases.values():
            if case.told and case.ended is None:
                self._outbox.add(self._opened(case.incident))

    def look(self, unresolved: Sequence[Incident]) -> None:
        """Make the notices that are due."""
        now = self._clock()
        there = {incident.key for incident in unresolved}
        for incident in unresolved:
            case = self._open(incident)
            case.ended = case.ended_at = None
            if not case.told and now - case.since >= self._settings().wait_seconds:
                case.told, case.reminded = True, now
                began = iso(self._wall() - timedelta(seconds=now - case.since))
                at = began if incident.reopened else None
                self._outbox.add(self._opened(case.incident, at))
            elif case.told:
                self._remind(case, now)
        for key, case in list(self._cases.items()):
            if key not in there:
                self._over(key, case, now)

    def told(self, incident: Incident) -> bool:
        """Whether anybody was told of it, so that its end is to be told, too."""
        case = self._cases.get(incident.key)
        return case is not None and case.told

    @property
    def busy(self) -> bool:
        """Whether time alone will make a notice."""
        return bool(self._cases)

    @property
    def incidents(self) -> Sequence[Incident]:
        """Those that were told and are not told to be over."""
        return [case.incident for case in self._cases.values() if case.told]

    def _open(self, incident: Incident) -> Case:
        case = self._cases.get(incident.key) or self._known_better(incident)
        if case is None:
            case = Case(self._as_told(incident), self._clock(), reminded=self._clock())
        self._cases[incident.key] = case
        case.incident = replace(incident, fault=case.incident.fault)
        return case

    def _known_better(self, incident: Incident) -> Case | None:
        """The case of an incident that has another name since the last look."""
        for key, case in self._cases.items():
            if (
                incident.id
                and case.incident.id == incident.id
                and case.incident.is_the_same(incident)
            ):
                del self._cases[key]
                fault = case.incident.fault if case.told else incident.fault
                case.incident = replace(incident, fault=fault)
                return case
        return None

    def _as_told(self, incident: Incident) -> Incident:
        """Under the name under which an earlier daemon told it."""
        for notice in self._outbox.notices:
            base = base_of(notice.fault, incident.subject, incident.opened)
            if incident.id and notice.incident == incident.id and notice.base == base:
                return replace(incident, fault=notice.fault)
        return incident

    def _over(self, key: tuple[str, str], case: Case, now: float) -> None:
        if case.ended is None:
            self._end(case, iso(self._wall()))
        assert case.ended is not None
        if case.told and now - case.ended < self._settings().calm_seconds:
            return
        del self._cases[key]
        if case.told:
            self._tell_end(case.incident, case.ended_at or iso(self._wall()))

    def _end(self, case: Case, at: str | None) -> None:
        case.ended, case.ended_at = self._clock(), at
        case.told = case.told or self._is_told(case.incident)

    def _tell_end(self, incident: Incident, at: str) -> None:
        """To who was told that it is open; what was held until now, and is over, is told to nobody."""
        settings = self._settings()
        for name in {it.channel for it in self._outbox.of(_base(incident))}:
            if not self._outbox.told(_base(incident), name):
                continue
            waiting = [it for it in self._outbox.waiting(name) if it.base == _base(incident)]
            channel = settings.channels.get(name)
            held = channel and next((w for it in waiting if (w := self._holds.why(it, channel))), None)  # fmt: skip
            unsent = any(it.kind is Kind.OPENED for it in waiting)
            if held and unsent:
                self._outbox.end(waiting, State.DROPPED, f"it was over before the end of {held}")
                continue
            reminders = [it for it in waiting if it.kind is Kind.REMINDER]
            self._outbox.end(reminders, State.DROPPED, "it is over")
            self._outbox.add([_notice(incident, Kind.RESOLVED, name, at, incident.reopened)])

    def _opened(self, incident: Incident, at: str | None = None) -> Iterator[Notice]:
        channels = routed(self._settings(), incident.fault, incident.subject, incident.severity)
        for name in channels:
            if not self._outbox.told(_base(incident), name):
                seen = at or incident.opened
                yield _notice(incident, Kind.OPENED, name, seen, incident.reopened)

    def _remind(self, case: Case, now: float) -> None:
        """Of what is still so, to people only; each time after twice as long, a day at most."""
        hours, incident = self._settings().remind_hours, case.incident
        every = min(hours * 2**case.reminders, max(hours, 24)) * 3600.0
        if not hours or incident.acknowledged is not None or now - case.reminded < every:
            return
        case.reminded, case.reminders = now, case.reminders + 1
        base, at = _base(incident), iso(self._wall())
        for name, channel in self._settings().channels.items():
            if channel.kind == "alertmanager" or not self._outbox.told(base, name):
                continue
            before = [it for it in self._outbox.of(base) if it.channel == name]
            if any(it.state is State.WAITING for it in before):
                continue  # it was not even told the first time
            # each of its own: the outbox takes the same thing once
            number = sum(it.kind is Kind.REMINDER for it in before) + incident.reopened
            self._outbox.add([_notice(incident, Kind.REMINDER, name, at, number)])

    def _is_told(self, incident: Incident) -> bool:
        base = _base(incident)
        return any(self._outbox.told(base, it.channel) for it in self._outbox.of(base))

    def _lost(self, known: Set[str]) -> Iterator[Incident]:
        """What was told to be open and of which there is no record any more: nobody will say its end but we."""
        last = {it.base: it for it in self._outbox.notices if it.kind is not Kind.CHANGE}
        for base, notice in last.items():
            if base not in known and self._outbox.told(base, notice.channel):
                yield Incident(
                    notice.incident,
                    notice.fault,
                    notice.subject,
                    IncidentStatus.RESOLVED,
                    notice.severity,
                    f"{notice.text} ({LOST})",
                    None,
                    base.rpartition(" ")[2],
                    reopened=notice.episode,
                )

    def _was_missed(self, incident: Incident) -> bool:
        if incident.resolved is None or self._outbox.of(_base(incident)):
            return False
        lasted = (moment(incident.resolved) - moment(incident.opened)).total_seconds()
        recent = self._wall() - moment(incident.resolved) <= RECENT
        return recent and lasted >= self._settings().wait_seconds

    def _tell_missed(self, incident: Incident, since: Mapping[str, str]) -> None:
        """It began and ended while nobody could note that it is to be told."""
        assert incident.resolved is not None
        for notice in list(self._opened(incident, incident.opened)):
            known = since.get(notice.channel)
            if known is not None and moment(known) <= moment(incident.resolved):
                self._outbox.add([notice])
        self._tell_end(incident, incident.resolved)

    def _ago(self, at: str) -> float:
        return max((self._wall() - moment(at)).total_seconds(), 0.0)


def _base(incident: Incident) -> str:
    return base_of(incident.fault, incident.subject, incident.opened)


def _notice(incident: Incident, kind: Kind, channel: str, seen: str, episode: int) -> Notice:
    return Notice(
        base=_base(incident),
        episode=episode,
        kind=kind,
        channel=channel,
        incident=incident.id,
        fault=incident.fault,
        subject=incident.subject,
        severity=incident.severity,
        text=incident.summary,
        fix=incident.fix,
        seen=seen,
    )
