"""Mends what may be mended unattended: one act at a time for each subject, evidence before it, the check again after it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.hands import Hands
from tarsd.engine.decide import (
    HALF_OPEN,
    HOUR,
    Case,
    Circumstances,
    Hold,
    Mend,
    Wait,
    decide,
    limits,
    pause_after,
)
from tarsd.engine.incident import Outcome
from tarsd.engine.incidents import Incidents
from tarsd.errors import IncidentOver, StateUnavailable, TarsError
from tarsd.settings import Settings
from tarsd.times import moment, words

VERIFY = 60.0
"""Seconds, beyond a service's own start grace, for its check to pass after an act."""

ASK_AGAIN = 10.0
"""Seconds between two looks after an act, for a check whose own cadence is slower: at first it may say nothing plain."""

RECALLED = timedelta(minutes=10)
"""Acts before that explain nothing any more: the longest stop takes 2 minutes."""

ONE_CAUSE = 120.0
"""Seconds within which acts on a shared fault count once."""

Save = Callable[[Case], Awaitable[None]]
"""Saves evidence, within its own deadline; what it could not save it says in the ledger."""

Key = tuple[str, str]


class Healer:
    """Told the cases of every round. What it decides is in the ledger before it is done."""

    def __init__(
        self,
        hands: Hands,
        incidents: Incidents,
        save: Save,
        look: Callable[[str], Awaitable[object]],
        settings: Callable[[], Settings],
        awake_since: Callable[[], datetime],
        now: Callable[[], datetime],
        log: FilteringBoundLogger,
        barred: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """`barred` says why nothing may be done about a subject now, for somebody else is mending."""
        self._barred = barred
        self._hands = hands
        self._incidents = incidents
        self._save = save
        self._look = look
        self._settings = settings
        self._awake_since = awake_since
        self._now = now
        self._log = log
        self._mending: dict[Key, asyncio.Task[None]] = {}
        self._numbers: dict[Key, int] = {}
        """The incidents that those are of."""
        self._acting: set[str] = set()
        self._stopped: dict[str, datetime] = {}
        self._latest: dict[Key, Case] = {}
        self._moved = asyncio.Event()
        self._said: dict[Key, str] = {}
        self._planned: set[Key] = set()
        """Decided on and not yet on record, of those that count."""
        self._shared: dict[str, float] = {}

    def acting(self, subject: str) -> bool:
        """Whether an act on it is under way right now: what its container does meanwhile is ours."""
        return subject in self._acting

    def stopped_by_us(self, subject: str) -> datetime | None:
        """When the latest act on it began, of this daemon or the one before: it may have stopped it."""
        return self._stopped.get(subject)

    async def recall(self) -> None:
        """Read what an earlier daemon did a moment ago. Raises StateUnavailable."""
        ledger = self._incidents.ledger
        recalled: dict[str, datetime] = {}
        for act in await ledger.acts_since(self._now() - RECALLED):  # oldest first
            incident = await ledger.get(act.incident)
            if incident is not None:
                recalled[incident.subject] = moment(act.began)
        self._stopped = {**recalled, **self._stopped}

    @property
    def mending(self) -> frozenset[Key]:
        """Faults whose end is the healer's to tell: an act on them is not verified yet. One may have another name by now."""
        numbers = self._numbers.values()
        renamed = (it.key for it in self._incidents.unresolved if it.id in numbers)
        return frozenset((*self._mending, *renamed))

    async def consider(self, cases: Sequence[Case]) -> None:
        """Take in what is unresolved, and begin what is to be done now; acts go on by themselves."""
        self._latest = {case.incident.key: case for case in cases}
        self._said = {key: why for key, why in self._said.items() if key in self._latest}
        self._moved.set()
        self._moved = asyncio.Event()
        busy = {subject for _, subject in self._mending}
        for case in cases:
            subject = case.finding.subject
            if subject not in busy and case.finding.status is Status.FAIL and case.incident.id:
                try:
                    if await self._begin(case):
                        busy.add(subject)
                except StateUnavailable as error:
                    self._log.error("heal.unread", message=error.message)

    def yield_to(self, subjects: Iterable[str]) -> None:
        """A change takes these over: what the healer does to them ends here."""
        wanted = frozenset(subjects)
        for (_, subject), task in list(self._mending.items()):
            if subject in wanted:
                task.cancel()

    async def stop(self) -> None:
        """Leave everything as it is: the acts are on record, and the next daemon looks at what became of them."""
        tasks = list(self._mending.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    async def _begin(self, case: Case) -> bool:
        key = case.incident.key
        barred = self._barred(case.finding.subject)
        decision = Wait(barred) if barred else decide(case, await self._circumstances())
        if isinstance(decision, Mend):
            self._said.pop(key, None)
            if self._counts(case, decision, asyncio.get_running_loop().time()):
                self._planned.add(key)
            self._numbers[key] = case.incident.id
            self._mending[key] = asyncio.create_task(self._mend(case, decision))
            self._mending[key].add_done_callback(lambda _: self._over(key))
            return True
        told = isinstance(decision, Wait) and decision.known
        if not told and self._said.get(key) != decision.why:  # once, not in every round
            self._said[key] = decision.why
            if isinstance(decision, Hold):
                await self._incidents.hold(case.incident, decision.why, decision.again_in)
            else:
                await self._incidents.decided(case.incident, decision.why)
        return False

    def _over(self, key: Key) -> None:
        self._mending.pop(key, None)
        self._numbers.pop(key, None)
        self._planned.discard(key)

    async def _circumstances(self) -> Circumstances:
        now = self._now()
        acts = await self._incidents.ledger.acts_since(now - HOUR)
        counted = [moment(act.began) for act in acts if act.counts] + [now] * len(self._planned)
        done = [(act.remedy, moment(act.began)) for act in acts]
        return Circumstances(now, self._settings().heal, self._awake_since(), counted, done)

    async def _mend(self, case: Case, mend: Mend) -> None:
        try:
            await self._incidents.decided(case.incident, mend.why)
            await self._save(case)
            if self._still(case):
                await self._act_and_verify(case, mend)
        except (StateUnavailable, IncidentOver) as error:  # no act that is not on record
            self._log.error("heal.refused", fault=case.incident.fault, message=error.message)
        except Exception:  # noqa: BLE001  a defect in one remedy must not end the healing of everything else
            self._log.exception("heal.defect", fault=case.incident.fault)

    def _still(self, case: Case) -> bool:
        """Whether it fails as it did when the act was decided; gathering evidence takes its time."""
        latest = self._latest.get(case.incident.key)
        return latest is not None and latest.finding.status is Status.FAIL

    async def _act_and_verify(self, case: Case, mend: Mend) -> None:
        """Until somebody has looked anew the act goes on: its old start's last answer, cut off, is no fault of its own."""
        loop, subject = asyncio.get_running_loop(), case.finding.subject
        try:
            to_verify = await self._act(case, mend)
            acted = loop.time()
            await self._look(case.check.id)
        finally:
            self._acting.discard(subject)
        if to_verify:
            await self._verify(case, acted)

    async def _act(self, case: Case, mend: Mend) -> bool:
        """Do it; whether there is something to verify."""
        incident, finding, remedy = case.incident, case.finding, mend.remedy
        loop = asyncio.get_running_loop()
        counts = incident.key in self._planned
        act = await self._incidents.begin(incident, remedy.id, mend.why, counts=counts)
        self._planned.discard(incident.key)
        began, refusal, came = loop.time(), None, None
        self._acting.add(finding.subject)
        self._stopped[finding.subject] = self._now()
        try:
            came = await remedy.do(self._hands, finding)
        except TarsError as error:
            refusal = error.message
        except asyncio.CancelledError:  # a change has taken over, or the daemon ends
            left, seconds = f"{remedy.words(finding)}: left off", loop.time() - began
            await self._incidents.did(incident, act, Outcome.INTERRUPTED, left, seconds)
            raise
        seconds, said = loop.time() - began, remedy.words(finding)
        if refusal is not None:
            await self._incidents.did(incident, act, Outcome.FAILED, f"{said}: {refusal}", seconds)
            await self._failed(case, refusal, 0.0)
            return False
        done = f"{said}: {came}" if came else said
        await self._incidents.did(incident, act, Outcome.DONE, done, seconds)
        if remedy.holds:
            await self._incidents.hold(
                incident, f"{said}; tried again in {words(HALF_OPEN)}", HALF_OPEN
            )
        return not remedy.holds

    def _counts(self, case: Case, mend: Mend, at: float) -> bool:
        if mend.remedy.protects or mend.remedy.holds:
            return False
        if not case.check.shared:
            return True
        last = self._shared.get(case.check.id)
        if last is not None and at - last < ONE_CAUSE:
            return False
        self._shared[case.check.id] = at
        return True

    async def _verify(self, case: Case, acted: float) -> None:
        """Wait for the check's own word after the act, which ended at `acted`."""
        loop = asyncio.get_running_loop()
        finding = await self._word(case, acted, acted + self._patience(case))
        seconds = loop.time() - acted
        if finding is not None and finding.status is Status.PASS:
            await self._incidents.verified(case.incident, finding.summary, seconds)
            await self._incidents.take([finding])
        elif finding is not None:
            await self._failed(case, finding.summary, seconds)
        else:
            await self._failed(case, f"nothing certain after {words(seconds)}", seconds)

    async def _word(self, case: Case, acted: float, deadline: float) -> Finding | None:
        """The first plain yes or no from a look that began after the act; None at the deadline.

        Another fault of the same subject is a no, too.
        """
        loop = asyncio.get_running_loop()
        ask_at = acted + ASK_AGAIN
        while (left := deadline - loop.time()) > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._moved.wait(), min(left, ASK_AGAIN))
            if case.check.every and loop.time() >= ask_at:  # not before its own time, otherwise
                ask_at = loop.time() + ASK_AGAIN
                await self._look(case.check.id)
            for key, latest in self._latest.items():
                same = key == case.incident.key or latest.incident.id == case.incident.id
                plain = (Status.PASS, Status.FAIL) if same else (Status.FAIL,)
                if (
                    key[1] == case.incident.subject
                    and latest.finding.status in plain
                    and latest.at > acted
                ):
                    return latest.finding
        return None

    def _patience(self, case: Case) -> float:
        graces = (
            view.service.start_grace or 0
            for view in case.world.services
            if view.service.name == case.finding.subject
        )
        return max(graces, default=0) + VERIFY

    async def _failed(self, case: Case, why: str, seconds: float) -> None:
        attempts = case.incident.attempts + 1  # `begin` has counted this one
        most, again = limits(case)
        if attempts < most:
            await self._incidents.verified(case.incident, why, seconds, pause_after(attempts))
            return
        await self._incidents.verified(case.incident, why, seconds)
        tried = f"{attempts} acts did not help; tried again every {words(again)}"
        await self._incidents.hold(case.incident, tried, again)
