"""Mends what may be mended unattended: one act at a time for each subject, evidence before it, the check again after it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.remedy import Hands
from tarsd.engine.decide import (
    BACKOFF,
    HALF_OPEN,
    HOUR,
    Case,
    Circumstances,
    Hold,
    Mend,
    decide,
    wait_before,
)
from tarsd.engine.incidents import Incidents
from tarsd.errors import StateUnavailable, TarsError
from tarsd.settings import Settings

VERIFY = 60.0
"""Seconds, beyond a service's own start grace, for its check to pass after an act."""

Save = Callable[[Case], Awaitable[None]]
"""Saves evidence, within its own deadline; what it could not save it says in the ledger."""


class Healer:
    """Told the cases of every round. What it decides is in the ledger before it is done."""

    def __init__(
        self,
        hands: Hands,
        incidents: Incidents,
        save: Save,
        settings: Callable[[], Settings],
        awake_since: Callable[[], datetime],
        now: Callable[[], datetime],
        log: FilteringBoundLogger,
    ) -> None:
        self._hands = hands
        self._incidents = incidents
        self._save = save
        self._settings = settings
        self._awake_since = awake_since
        self._now = now
        self._log = log
        self._mending: dict[int, asyncio.Task[None]] = {}
        self._acting: set[str] = set()
        self._latest: dict[int, Case] = {}
        self._moved = asyncio.Event()
        self._said: dict[int, str] = {}

    def acting(self, subject: str) -> bool:
        """Whether an act on it is under way right now: what its container does meanwhile is ours."""
        return subject in self._acting

    @property
    def mending(self) -> frozenset[int]:
        """Incidents whose end is the healer's to tell: an act on them is not verified yet."""
        return frozenset(self._mending)

    async def consider(self, cases: Sequence[Case]) -> None:
        """Look at what fails now, and begin what is to be done. Returns at once; acts go on by themselves."""
        self._latest = {case.incident.id: case for case in cases}
        self._moved.set()
        self._moved = asyncio.Event()
        busy = {
            self._latest[number].finding.subject
            for number in self._mending
            if number in self._latest
        }
        for case in cases:
            if case.incident.id in self._mending or case.finding.subject in busy:
                continue
            if case.finding.status is not Status.FAIL:
                continue
            try:
                if await self._begin(case):
                    busy.add(case.finding.subject)
            except StateUnavailable as error:  # no act that is not on record
                self._log.error("heal.unrecorded", incident=case.incident.id, error=error.message)

    def yield_to(self, subjects: Iterable[str]) -> None:
        """A change takes these over: what the healer does to them ends here."""
        wanted = frozenset(subjects)
        for number, task in list(self._mending.items()):
            case = self._latest.get(number)
            if case is None or case.finding.subject in wanted:
                task.cancel()

    async def stop(self) -> None:
        """Leave everything as it is: the acts are on record, and the next daemon looks at what became of them."""
        tasks = list(self._mending.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    async def _begin(self, case: Case) -> bool:
        decision = decide(case, await self._circumstances())
        if isinstance(decision, Mend):
            self._said.pop(case.incident.id, None)
            task = asyncio.create_task(self._mend(case, decision))
            self._mending[case.incident.id] = task
            task.add_done_callback(lambda _: self._mending.pop(case.incident.id, None))
            return True
        if self._said.get(case.incident.id) != decision.why:
            self._said[case.incident.id] = decision.why
            if isinstance(decision, Hold):
                await self._incidents.hold(case.incident.id, decision.why, decision.until)
            else:
                await self._incidents.decided(case.incident.id, decision.why)
        return False

    async def _circumstances(self) -> Circumstances:
        now = self._now()
        counted = await self._incidents.counted_since(now - HOUR)
        return Circumstances(now, self._settings().heal, self._awake_since(), counted)

    async def _mend(self, case: Case, mend: Mend) -> None:
        try:
            await self._save(case)
            if not self._still(case):
                return
            if await self._act(case, mend) and not mend.remedy.holds:
                await self._verify(case)
        except StateUnavailable as error:
            self._log.error("heal.unrecorded", incident=case.incident.id, error=error.message)
        except Exception:  # noqa: BLE001  a defect in one remedy must not end the healing of everything else
            self._log.exception("heal.defect", incident=case.incident.id)

    def _still(self, case: Case) -> bool:
        """Whether it fails as it did when the act was decided; gathering evidence takes its time."""
        latest = self._latest.get(case.incident.id)
        return latest is not None and latest.finding.status is Status.FAIL

    async def _act(self, case: Case, mend: Mend) -> bool:
        """Do it; whether there is something to verify."""
        number, finding, remedy = case.incident.id, case.finding, mend.remedy
        act = await self._incidents.begin_act(
            number,
            remedy.id,
            mend.why,
            counts=not (remedy.protects or remedy.holds),
            shared=case.check.shared,
        )
        loop = asyncio.get_running_loop()
        began, error = loop.time(), None
        self._acting.add(finding.subject)
        try:
            await remedy.do(self._hands, finding)
        except TarsError as refused:
            error = refused.message
        finally:
            self._acting.discard(finding.subject)
        await self._incidents.end_act(
            number, act, remedy.words(finding), loop.time() - began, error
        )
        if error is not None:
            await self._failed(case, error)
        elif remedy.holds:
            why = f"{remedy.words(finding)}; tried again in {HALF_OPEN.seconds // 60} minutes"
            await self._incidents.hold(number, why, self._now() + HALF_OPEN)
        return error is None

    async def _verify(self, case: Case) -> None:
        """Wait for the check's own word after the act."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        finding = await self._word(case, began + self._patience(case))
        seconds = loop.time() - began
        if finding is not None and finding.status is Status.PASS:
            await self._incidents.verified(case.incident.id, finding.summary, seconds)
        else:
            await self._failed(
                case, finding.summary if finding else f"no answer in {seconds:.0f} s"
            )

    async def _word(self, case: Case, deadline: float) -> Finding | None:
        """The first plain yes or no from a look that began after the act; None at the deadline.

        Another fault of the same subject is a no, too.
        """
        loop = asyncio.get_running_loop()
        acted = loop.time()
        while (left := deadline - loop.time()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), left)
            except asyncio.TimeoutError:
                break
            for latest in self._latest.values():
                own = latest.incident.id == case.incident.id
                plain = (Status.PASS, Status.FAIL) if own else (Status.FAIL,)
                if (
                    latest.finding.subject == case.finding.subject
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

    async def _failed(self, case: Case, why: str) -> None:
        attempts = case.incident.attempts + 1
        if attempts >= len(BACKOFF):
            until = self._now() + HALF_OPEN
            words = f"{why}; {attempts} acts did not help"
            await self._incidents.failed(case.incident.id, why, until)
            await self._incidents.hold(case.incident.id, words, until)
        else:
            await self._incidents.failed(case.incident.id, why, self._now() + wait_before(attempts))
