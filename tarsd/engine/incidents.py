"""From findings to incidents, and what the healer adds to them: the one place that knows what is unresolved."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.services import TELLING
from tarsd.catalogue.services_ended import ServiceExited
from tarsd.engine.incident import Act, Entry, EntryKind, How, Incident, IncidentStatus, Outcome
from tarsd.engine.incident_life import CALM, Key, Life
from tarsd.engine.incident_register import LastEnd, Register
from tarsd.errors import IncidentOver, StateUnavailable
from tarsd.store.ledger import Ledger
from tarsd.store.ledger_rows import column
from tarsd.times import words

NOTE_EVERY = 60.0
"""Seconds between two lines of a timeline that say that the summary is another one."""

_WORST = (Status.PASS, Status.SKIP, Status.UNKNOWN, Status.WARN, Status.FAIL)


@dataclass(frozen=True)
class Changes:
    """What findings made of incidents; those in `still` failed before and fail now."""

    opened: Sequence[Incident] = ()
    reopened: Sequence[Incident] = ()
    resolved: Sequence[Incident] = ()
    still: Sequence[Incident] = ()


class Incidents:
    """Nothing here raises for the disk's sake but `begin`: what is not on disk yet is kept and written in order.

    Every method waits two seconds at most for a disk that does not answer. `wall` is for what is written, `clock`
    (monotonic, seconds) for every deadline.
    """

    def __init__(
        self,
        ledger: Ledger,
        log: FilteringBoundLogger,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self.register = Register(ledger, log, wall, clock)
        self._writes = self.register.writes
        self.acts: Counter[str] = Counter()
        """Acts of this daemon, by how they ended."""

    @property
    def unresolved(self) -> Sequence[Incident]:
        """Oldest first; `id` is 0 for one that the disk has not taken yet."""
        lives = self.register.lives.values()
        return sorted((it.incident for it in lives), key=lambda it: (it.opened, it.id))

    @property
    def last(self) -> LastEnd | None:
        """The one that was resolved last."""
        return self.register.last

    @property
    def known(self) -> bool:
        """Whether state.db has been read: before, what an earlier daemon left unresolved is not among `unresolved`."""
        return self.register.known

    def find(self, incident_id: int) -> Incident | None:
        """The unresolved one of that id."""
        return next((it for it in self.unresolved if it.id == incident_id), None)

    @property
    def pending(self) -> int:
        """Writes that the disk has not taken yet."""
        return self._writes.pending

    def current(self, incident: Incident) -> Incident | None:
        """The incident as it is now; None where it is resolved."""
        life = self.register.lives.get(incident.key)
        return None if life is None else life.incident

    async def load(self) -> None:
        """Read what is unresolved, if state.db was opened since the last look, and write what waits; `take` does, too."""
        await self.register.catch_up()

    async def take(
        self, findings: Iterable[Finding], warns: Collection[str] = frozenset()
    ) -> Changes:
        """Judge findings. `warns` are ids of checks whose warnings are incidents; a warning of any other check passes.

        A finding that is `skip` or `unknown`, or is not among them, leaves its incident as it is.
        """
        await self.register.catch_up()
        failed: list[tuple[Life, bool]] = []
        resolved: list[Life] = []
        for key, finding in _worst(findings).items():
            if finding.status is Status.FAIL or (
                finding.status is Status.WARN and finding.id in warns
            ):
                failed += self._fail(key, finding)
            elif finding.status in (Status.PASS, Status.WARN):
                resolved += self._pass(key, finding)
            elif (life := self.register.lives.get(key)) is not None:
                life.passing_since = None  # nobody knows, so it is no calm
        await self._writes.flush()
        return _changes(failed, resolved)

    async def end(self, incident: Incident, text: str) -> None:
        """Resolve what nobody asks about any more, such as a fault of a service that was uninstalled."""
        life = self.register.lives.get(incident.key)
        if life is not None:
            self.register.resolve(life, text)
        await self._writes.flush()

    async def decided(
        self, incident: Incident, text: str, data: Mapping[str, object] | None = None
    ) -> None:
        """What is to be done, or why nothing is."""
        self.register.note(incident, EntryKind.DECIDED, text, data=data)
        await self._writes.flush()

    async def saved(self, incident: Incident, text: str, seconds: float) -> None:
        """Evidence is kept, or could not be."""
        self.register.note(incident, EntryKind.SAVED, text, seconds=seconds)
        await self._writes.flush()

    async def begin(self, incident: Incident, remedy: str, text: str, *, counts: bool) -> Act:
        """Record an act, and the attempt it is, before it is done; `counts`: as one of the machine's acts per hour.

        Raises StateUnavailable where that cannot be, and IncidentOver: then nothing is to be done.
        """
        if not await self._writes.flush():
            raise StateUnavailable(
                f"cannot {text}: what happened before it is not on disk yet", fix="tarsctl status"
            )
        life = self.register.lives.get(incident.key)
        if life is None or not life.incident.id:
            raise IncidentOver(
                f"cannot {text}: incident {incident.id} is resolved, or known better, by now"
            )
        act = await self.ledger.begin_act(life.incident, remedy, counts, self.register.now())
        self.register.begun.add(act.id)
        self.register.wait(life, None)
        attempts = life.incident.attempts + 1
        self.register.put(life, replace(life.incident, attempts=attempts, next_try=None))
        self.register.journal.tell("act.started", life.incident, text)
        return act

    async def did(
        self, incident: Incident, act: Act, outcome: Outcome, text: str, seconds: float
    ) -> None:
        """How it ended; `text` is what was done, with the reason where it failed."""
        at = self.register.now()
        self.acts[outcome.value] += 1
        ended = replace(act, ended=at, outcome=outcome, seconds=seconds)
        entry = Entry(at, EntryKind.DID, text, seconds, {"remedy": act.remedy, "outcome": outcome.value})  # fmt: skip
        self.register.end_act(ended, self.current(incident) or incident, entry)
        event = "act.done" if outcome is Outcome.DONE else "act.failed"
        self.register.journal.tell(event, self.current(incident) or incident, text, seconds)
        await self._writes.flush()

    async def verified(
        self, incident: Incident, text: str, seconds: float, again_in: float | None = None
    ) -> None:
        """What the check said after an act; one that still fails is tried again in `again_in` seconds."""
        life = self.register.lives.get(incident.key)
        changes: dict[str, object] = {}
        if life is not None and again_in is not None:
            changes["next_try"] = self.register.wait(life, again_in)
        self.register.note(incident, EntryKind.VERIFIED, text, seconds=seconds, changes=changes)
        await self._writes.flush()

    async def hold(self, incident: Incident, text: str, again_in: float) -> None:
        """Give up for now; looked at again in `again_in` seconds. Held again it is only as long as that, without a word."""
        life = self.register.lives.get(incident.key)
        if life is None:
            return
        changes = {
            "status": IncidentStatus.HELD,
            "next_try": self.register.wait(life, again_in),
        }
        if life.incident.status is IncidentStatus.HELD:
            self.register.change(life, None, changes, None)
        else:
            self.register.note(
                incident, EntryKind.HELD, text, changes=changes, tell="incident.held"
            )
        await self._writes.flush()

    async def released(self, incident: Incident, text: str) -> None:
        """What it was held for has changed: it is tried from the first attempt on."""
        life = self.register.lives.get(incident.key)
        if life is None or life.incident.status is not IncidentStatus.HELD:
            return
        self.register.wait(life, None)
        changes = {"status": IncidentStatus.OPEN, "next_try": None, "attempts": 0}
        self.register.note(
            incident, EntryKind.DECIDED, text, changes=changes, tell="incident.released"
        )
        await self._writes.flush()

    def waits(self, incident: Incident) -> float:
        """Seconds until the next attempt is due; 0 is now."""
        life = self.register.lives.get(incident.key)
        if life is None or life.wait_until is None:
            return 0.0
        return max(life.wait_until - self.register.clock(), 0.0)

    async def close(self) -> None:
        """Before state.db is closed: one last attempt for what waits."""
        await self._writes.close()

    def _fail(self, key: Key, finding: Finding) -> list[tuple[Life, bool]]:
        life = self.register.lives.get(key)
        if life is not None:
            self._see_again(life, finding)
            life.passing_since = None
            return [(life, False)]
        if self.register.muted(key):
            return []
        ended = self._ended(key)
        if ended is not None:
            self.register.rename(
                ended, key[0], finding.status.value, _text(finding.summary), _fix(finding)
            )
            return [(ended, False)]
        seen = Incident(
            0,
            *key,
            status=IncidentStatus.OPEN,
            severity=finding.status.value,
            summary=_text(finding.summary),
            fix=_fix(finding),
            opened=self.register.now(),
        )
        return [(self.register.open(seen), True)]

    def _ended(self, key: Key) -> Life | None:
        """The incident of a service that has only ended so far, where this says why it does not come back: one outage."""
        fault, subject = key
        life = self.register.lives.get((ServiceExited.id, subject)) if fault in TELLING else None
        return life if life and life.incident.status is IncidentStatus.OPEN else None

    def _see_again(self, life: Life, finding: Finding) -> None:
        """The same fault: another severity is noted at once, other words once per minute, other figures with those."""
        summary, severity = _text(finding.summary), finding.status.value
        fix, now = _fix(finding), self.register.clock()
        worse = severity != life.incident.severity and life.passing_since is None
        if worse or (life.tells_new(summary) and now - life.noted_at >= NOTE_EVERY):
            life.noted, life.noted_at = summary, now
            changes = {"summary": summary, "severity": severity, "fix": fix}
            self.register.note(life.incident, EntryKind.SEEN, summary, changes=changes)
        else:
            life.incident = replace(life.incident, summary=summary, severity=severity, fix=fix)

    def _pass(self, key: Key, finding: Finding) -> list[Life]:
        self.register.unmute(key)
        life = self.register.lives.get(key)
        if life is None:
            return []
        now = self.register.clock()
        if self.register.returns.flaps(key, now):
            if life.passing_since is None:
                life.passing_since = now
                self._flap(life, finding, now)
            if now - life.passing_since < CALM:
                return []
        self.register.resolve(life, _text(finding.summary))
        return [life]

    def _flap(self, life: Life, finding: Finding, now: float) -> None:
        """What passes is a warning while it is open, and not what it was; told once in its life, and not written."""
        often = self.register.returns.within(life.incident.key, now)
        came_back = f"came back {often} times within an hour"
        if not life.flapping_told:
            life.flapping_told = True
            text = (
                f"it passes, but {came_back}: it stays open until it has passed for {words(CALM)}"
            )
            self.register.note(life.incident, EntryKind.VERIFIED, text, tell="incident.flapping")
        summary = f"{_text(finding.summary)}, but {came_back}"
        life.incident = replace(
            life.incident, summary=summary, severity=Status.WARN.value, fix=_fix(finding)
        )


def _worst(findings: Iterable[Finding]) -> Mapping[Key, Finding]:
    """One finding of each fault and subject."""
    found: dict[Key, Finding] = {}
    for finding in findings:
        key = _text(finding.id), _text(finding.subject)
        if key not in found or _WORST.index(finding.status) > _WORST.index(found[key].status):
            found[key] = finding
    return found


def _changes(failed: Sequence[tuple[Life, bool]], resolved: Sequence[Life]) -> Changes:
    """As they are by now: the disk may have known one that was new to memory."""

    def new(how: How) -> Sequence[Incident]:
        return [life.incident for life, fresh in failed if fresh and life.how is how]

    return Changes(
        opened=new(How.OPENED),
        reopened=new(How.REOPENED),
        resolved=[life.incident for life in resolved],
        still=[it.incident for it, fresh in failed if not fresh or it.how is How.KEPT],
    )


def _text(text: str) -> str:
    """As the ledger will give it back."""
    return str(column(text))


def _fix(finding: Finding) -> str | None:
    return None if finding.fix is None else _text(finding.fix)
