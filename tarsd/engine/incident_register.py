"""The unresolved incidents in memory, and their way to the ledger and the journal.

Memory goes on while the disk is away: what it does not take is kept and written in order when it does (incident_writes).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from structlog.typing import FilteringBoundLogger

from tarsd.engine.incident import Act, Entry, EntryKind, How, Incident, IncidentStatus, Outcome
from tarsd.engine.incident_life import Key, Life, Returns, did_of, last_words, lasted
from tarsd.engine.incident_writes import Write, Writes
from tarsd.errors import StateUnavailable
from tarsd.observe.incident_journal import IncidentJournal
from tarsd.store.ledger import AGAIN_WITHIN, Ledger, Standing
from tarsd.store.ledger_rows import FIELDS
from tarsd.times import iso, moment

MUTED = 3600.0
"""Seconds for which what the owner closed by hand stays closed although it still fails, unless it passed meanwhile."""

LONGEST_WAIT = 1800.0
"""Seconds: no wait for the next attempt is longer, whatever a clock that was changed makes of a time on disk."""

MOST_READS = 5
"""How often the ledger is read again because something moved meanwhile, before that is left to the next look."""


@dataclass(frozen=True)
class LastEnd:
    """The incident that was resolved last, in one line."""

    id: int
    at: str
    text: str


class Register:
    """`wall` is for what is written, `clock` (monotonic, seconds) for every deadline. Of what it changes, memory has it at
    once and the disk with the next flush of `writes`."""

    def __init__(
        self,
        ledger: Ledger,
        log: FilteringBoundLogger,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self.journal = IncidentJournal(log)
        self.writes = Writes(log)
        self.returns = Returns(AGAIN_WITHIN.total_seconds())
        self.lives: dict[Key, Life] = {}
        self.last: LastEnd | None = None
        self.begun: set[int] = set()
        """Acts of this daemon: another one without an end was cut off with an earlier daemon."""
        self.clock = clock
        self._log = log
        self._wall = wall
        self._muted: dict[Key, tuple[float, Incident]] = {}
        self._opening = 0
        self._unread = 0
        self._moves = 0

    def now(self) -> str:
        """The present moment, as it is written."""
        return iso(self._wall())

    def later(self, seconds: float) -> str:
        """The moment in so many seconds, as it is written."""
        return iso(self._wall() + timedelta(seconds=seconds))

    @property
    def known(self) -> bool:
        """Whether what an earlier daemon left unresolved has been read."""
        return self._opening > 0

    async def catch_up(self) -> None:
        """Write what waits; then, where state.db was opened since, read from it what is unresolved."""
        if self.writes.pending and not await self.writes.flush():
            return
        opening = self.ledger.opening
        if self._opening == opening:
            return
        for _ in range(MOST_READS):
            moves = self._moves
            try:
                standing = await self.ledger.standing(self._wall())
            except StateUnavailable as error:
                self._say_unread(opening, error.message)
                return
            if moves == self._moves and not self.writes.pending:
                self._adopt(standing)
                self._opening = opening
                break
        await self.writes.flush()

    def _say_unread(self, opening: int, message: str) -> None:
        """Once for each opening of state.db."""
        if self._unread != opening:
            self._unread = opening
            self._log.error("incident.unread", message=message)

    def open(self, seen: Incident) -> Life:
        """What is seen to fail, `id` being 0: the disk says whether it is new."""
        now = self.clock()
        life = Life(seen, now, seen.summary, now)
        self._moves += 1
        self.lives[seen.key] = life
        self.returns.began(seen.key, now)
        entry = Entry(seen.opened, EntryKind.SEEN, seen.summary)
        write = partial(self._write_opening, life, seen, entry)
        self.writes.add(Write(write, partial(self._tell_opening, life)))
        return life

    def rename(self, life: Life, fault: str, severity: str, summary: str, fix: str | None) -> None:
        """By now it is known better what it is: under that name it is tried from the first attempt on."""
        now, was = self.clock(), life.incident.fault
        self._moves += 1
        del self.lives[life.incident.key]
        life.incident = replace(
            life.incident,
            fault=fault,
            severity=severity,
            summary=summary,
            fix=fix,
            attempts=0,
            next_try=None,
        )
        life.noted, life.noted_at, life.wait_until, life.passing_since = summary, now, None, None
        self.lives[life.incident.key] = life
        self.returns.began(life.incident.key, now)
        entry = Entry(self.now(), EntryKind.SEEN, f"{summary} (so far {was}, by now {fault})")
        seen = life.incident

        async def write(name: str) -> None:
            known = await self.ledger.rename(replace(seen, id=life.incident.id), entry, name)
            life.incident = replace(
                life.incident, id=known.id, attempts=known.attempts, reopened=known.reopened
            )
            self._moves += 1

        def told() -> None:
            self.journal.tell("incident.renamed", life.incident, entry.text)

        self.writes.add(Write(write, told))

    def note(
        self,
        incident: Incident,
        kind: EntryKind,
        text: str,
        *,
        seconds: float | None = None,
        data: Mapping[str, object] | None = None,
        changes: Mapping[str, object] | None = None,
        tell: str | None = None,
    ) -> None:
        """Add a line to the timeline, change fields; `tell` is the kind of journal entry.

        An incident that is over gets the line, if it is on disk, and nothing else of it is changed or told.
        """
        life = self.lives.get(incident.key)
        entry = Entry(self.now(), kind, text, seconds, data)
        if life is None:
            self._add_late(incident, entry, {})
        else:
            self.change(life, entry, changes or {}, tell)

    def change(
        self, life: Life, entry: Entry | None, changes: Mapping[str, object], tell: str | None
    ) -> None:
        """The same, of a life."""
        self._moves += 1
        life.incident = replace(life.incident, **changes)  # pyright: ignore[reportArgumentType]  fields by name

        async def write(name: str) -> None:
            number = await self.ledger.note(life.incident, entry, changes, name)
            life.incident = replace(life.incident, id=number)

        def told() -> None:
            if tell is not None and entry is not None:
                self.journal.tell(tell, life.incident, entry.text, entry.seconds)

        self.writes.add(Write(write, told, only_a_line=not changes and tell is None))

    def _add_late(
        self, incident: Incident, entry: Entry | None, changes: Mapping[str, object]
    ) -> None:
        """To what is over, and may be gone by now: it is not put back, for `incident` may be as it was when it was open."""
        if not incident.id:
            return

        async def write(name: str) -> None:
            await self.ledger.note(incident, entry, changes, name, put_back=False)

        self._moves += 1
        self.writes.add(Write(write, only_a_line=not changes))

    def resolve(self, life: Life, text: str) -> Incident:
        """It passes, or nobody asks any more."""
        now, at = self.clock(), self.now()
        seconds = round(now - life.since, 1)
        del self.lives[life.incident.key]
        self.returns.ended(life.incident.key, now)
        self.change(
            life,
            Entry(at, EntryKind.RESOLVED, text, seconds),
            {"status": IncidentStatus.RESOLVED, "resolved": at, "next_try": None},
            "incident.resolved",
        )
        self._remember_last(life.incident, life.did, seconds)
        return life.incident

    def end_act(self, act: Act, incident: Incident | None, entry: Entry) -> None:
        """An act has ended; without an incident nothing is said of it in a timeline."""
        life = self.lives.get(incident.key) if incident is not None else None

        async def write(name: str) -> None:
            known = life.incident if life is not None else incident
            await self.ledger.end_act(act, known, entry, name, put_back=life is not None)

        self._moves += 1
        if life is not None and act.outcome is Outcome.DONE:
            life.did.append(entry.text)
        self.writes.add(Write(write))

    def wait(self, life: Life, seconds: float | None) -> str | None:
        """Let the next attempt wait; returns when it is due, as it is written."""
        if seconds is None:
            life.wait_until = None
            return None
        seconds = min(max(seconds, 0.0), LONGEST_WAIT)
        life.wait_until = self.clock() + seconds
        return self.later(seconds)

    def close(self, life: Life, incident: Incident) -> None:
        """The owner closed it; `incident` is how, and on disk already. What has passed meanwhile is closed by that."""
        if self.lives.get(incident.key) is not life:
            return
        self._moves += 1
        del self.lives[incident.key]
        self._muted[incident.key] = self.clock() + MUTED, incident
        self.returns.ended(incident.key, self.clock())
        self._remember_last(incident, life.did, None)

    def put(self, life: Life, incident: Incident) -> None:
        """What is on disk already is so in memory, unless it has passed meanwhile."""
        if self.lives.get(incident.key) is life:
            self._moves += 1
            life.incident = incident

    def muted(self, key: Key) -> bool:
        """Whether it stays closed for now although it fails."""
        until, _ = self._muted.get(key, (0.0, None))
        if until > self.clock():
            return True
        self._muted.pop(key, None)
        return False

    def unmute(self, key: Key) -> None:
        """It passed: when it fails again, that counts."""
        _, incident = self._muted.pop(key, (0.0, None))
        if incident is not None:
            self._add_late(incident, None, {"muted": None})

    async def _write_opening(self, life: Life, seen: Incident, entry: Entry, name: str) -> None:
        """Take over what the disk knows of it; what has moved in memory meanwhile is newer."""
        opened = await self.ledger.open(seen, entry, name)
        life.how = opened.how
        disk, now = opened.incident, life.incident
        standing = now.status is IncidentStatus.OPEN
        life.incident = replace(
            now,
            id=disk.id,
            opened=disk.opened,
            status=disk.status if standing else now.status,
            next_try=disk.next_try if standing else now.next_try,
            attempts=disk.attempts,
            reopened=disk.reopened,
            acknowledged=disk.acknowledged,
        )
        self._moves += 1
        if opened.how is How.KEPT and standing:
            self._remember_wait(life)

    def _tell_opening(self, life: Life) -> None:
        if life.how is not How.KEPT:
            self.journal.tell(f"incident.{life.how.value}", life.incident, life.noted)

    def _adopt(self, standing: Standing) -> None:
        """Memory is right about what it knows; what it does not know is taken over."""
        known = {it.id: it for it in standing.unresolved}
        for life in self.lives.values():
            disk = known.get(life.incident.id)
            if disk is None or not disk.is_the_same(life.incident):
                text = "the records of it were lost with state.db; it is recorded anew"
                self.change(life, Entry(self.now(), EntryKind.SEEN, text), {}, None)
            elif disk != life.incident:
                fields = {name: getattr(life.incident, name) for name in FIELDS}
                self.change(life, None, fields, None)
        ours = {life.incident.id for life in self.lives.values()}
        for incident in standing.unresolved:
            if incident.key not in self.lives and incident.id not in ours:
                self._revive(incident, standing.returns.get(incident.id, ()))
        for incident in standing.muted:
            left = self._left(incident.muted, MUTED)
            self._muted.setdefault(incident.key, (self.clock() + left, incident))
        for act in standing.unfinished:
            if act.id not in self.begun:
                self._interrupted(act)
        if self.last is None and standing.last is not None:
            last = standing.last
            self._remember_last(last, did_of(last.entries), lasted(last.entries))

    def _revive(self, incident: Incident, returns: Sequence[str]) -> None:
        now = self.clock()
        life = Life(incident, now - self._ago(incident.opened), incident.summary, now)
        self.lives[incident.key] = life
        self.returns.remember(incident.key, [now - self._ago(at) for at in returns])
        self._remember_wait(life)

    def _remember_wait(self, life: Life) -> None:
        if life.incident.next_try is not None:
            life.wait_until = self.clock() + self._left(life.incident.next_try, LONGEST_WAIT)

    def _interrupted(self, act: Act) -> None:
        at = self.now()
        ended = replace(act, ended=at, outcome=Outcome.INTERRUPTED)
        text = f"{act.remedy}: cut off when tarsd ended; nobody knows how far it came"
        incident = next((it.incident for it in self.lives.values() if it.incident.id == act.incident), None)  # fmt: skip
        self.end_act(ended, incident, Entry(at, EntryKind.DID, text))

    def _remember_last(self, incident: Incident, did: Sequence[str], seconds: float | None) -> None:
        assert incident.resolved is not None
        text = last_words(incident, did, seconds)
        self.last = LastEnd(incident.id, incident.resolved, text)

    def _ago(self, at: str) -> float:
        return max((self._wall() - moment(at)).total_seconds(), 0.0)

    def _left(self, until: str | None, most: float) -> float:
        """Seconds until a time on disk; a clock that was changed cannot make it long."""
        left = (moment(until) - self._wall()).total_seconds() if until is not None else 0.0
        return min(max(left, 0.0), most)
