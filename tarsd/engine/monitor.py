"""Looks at everything on its cadence and at once where an event says so; what it finds goes to the ledger and the healer."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.service_check import ServiceCheck
from tarsd.catalogue.services import FAULTS
from tarsd.catalogue.views import ServiceView
from tarsd.changes.hiding import TO_SHOW, Hiding
from tarsd.engine.causes import Causes
from tarsd.engine.decide import Case
from tarsd.engine.ground import Ground
from tarsd.engine.healer import Healer
from tarsd.engine.incidents import Incidents
from tarsd.engine.metered import Costs
from tarsd.engine.nas_readers import waiting_readers
from tarsd.engine.rota import Rota
from tarsd.engine.runner import run
from tarsd.engine.truth import Truth
from tarsd.engine.views import Views

ROUND = 30.0
"""Seconds between two rounds in which nothing happens."""

Key = tuple[str, str]
"""A check's id and a subject."""


class Monitor:
    """One round at a time: views, checks that are due, root causes, ledger, healer.

    `follow` is told the services of each round, None while nobody knows what runs. `changing`: a change is at work on the
    whole stack, and nothing but its services is asked about.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        truth: Truth,
        views: Views,
        world: Callable[[], World],
        incidents: Incidents,
        healer: Healer,
        follow: Callable[[Sequence[ServiceView] | None], None],
        hiding: Hiding,
        changing: Callable[[], bool],
        costs: Costs,
        log: FilteringBoundLogger,
    ) -> None:
        self._checks = {check.id: check for check in checks if check.every is not None}
        self._quick = [check for check in self._checks.values() if not check.every]
        self._explaining = [check for check in self._checks.values() if check.explains]
        self._warns = frozenset(check.id for check in checks if check.warns)
        self._truth = truth
        self._views = views
        self._world = world
        self._incidents = incidents
        self._healer = healer
        self._follow = follow
        self._hiding = hiding
        self._log = log
        self._causes = Causes(deep={check.id for check in checks if check.deep})
        self._ground = Ground()
        self._costs = costs
        self._rota = Rota(
            self._checks.values(),
            self.world,
            self._known,
            self.stir,
            lambda: changing() or self._seen is None,  # a world without services is not this one
            costs,
            log,
        )
        self._wake = asyncio.Event()
        self._latest: dict[Key, Finding] = {}
        self._began: dict[str, float] = {}
        self._seen: Sequence[ServiceView] | None = None
        self._listeners: list[Callable[[], None]] = []
        self.passed: dict[str, float] = {}
        """When each check last passed for all that it speaks of, in seconds since 1970; a new daemon knows of none."""

    def subscribe(self, told: Callable[[], None]) -> None:
        """Told after each round; must not raise."""
        self._listeners.append(told)

    @property
    def services(self) -> Sequence[ServiceView] | None:
        """Those of the newest round, wanted or not, also where nobody knows what runs; None before the first."""
        return self._seen

    @property
    def latest(self) -> Mapping[Key, Finding]:
        """The newest finding of each check and subject."""
        return self._latest

    def fault(self, service: str) -> Finding | None:
        """What keeps a service from its work by the newest look, a failure before a warning; None if nothing is known."""
        told = [self._latest.get((check.id, service)) for check in FAULTS]
        found = [it for it in told if it is not None]
        for status in (Status.FAIL, Status.WARN):
            for finding in found:
                if finding.status is status:
                    return finding
        return None

    def explained(self, service: str) -> str | None:
        """The fault of the machine that keeps a service from its work, by the newest look."""
        return self._ground.explained.get(service)

    def stir(self) -> None:
        """Something has happened: have a round now."""
        self._wake.set()

    def ask(self, check: str) -> None:
        """Ask this one at once, for something was done about it; those of every round are asked in the next."""
        self._rota.ask(check)

    def trigger(self, trigger: Trigger) -> None:
        """Something has happened that some checks want to know of at once."""
        self._rota.trigger(trigger)
        self._wake.set()

    def world(self) -> World:
        """As the newest round saw it."""
        snapshot = self._truth.snapshot
        engine = snapshot.engine if snapshot is not None else None
        return replace(self._world(), engine=engine, services=self._seen or (), known=self._known())

    async def run(self) -> None:
        """Rounds for ever."""
        await asyncio.gather(self._rounds(), self._rota.run())

    async def _rounds(self) -> None:
        while True:
            # Not wait_for: before 3.12 it swallows a cancellation that comes together with what it waits for.
            timer = asyncio.get_running_loop().call_later(ROUND, self._wake.set)
            await self._wake.wait()
            timer.cancel()
            self._wake.clear()
            try:
                await self.round()
            except Exception:  # noqa: BLE001  one bad round must not be the last one
                self._log.exception("monitor.defect")
                await asyncio.sleep(1)

    async def round(self) -> None:
        """Ask what is due."""
        snapshot = self._truth.snapshot
        if snapshot is None:
            return
        views = await self._views.build(snapshot)
        blind = snapshot.containers is None  # of what runs nothing is known now
        self._seen = views
        world = self.world()
        self._follow(None if blind else views)
        asked = [it for it in self._quick if not (blind and isinstance(it, ServiceCheck))]
        findings = await run(asked, world, self._known(), costs=self._costs)
        for answer in self._rota.collect():
            asked.append(answer.check)
            findings += answer.findings
            self._began[answer.check.id] = answer.began
        if self._is_news(findings):
            began = asyncio.get_running_loop().time()
            findings += await run(self._explaining, world, self._known(), costs=self._costs)
            asked += self._explaining
            self._began.update({check.id: began for check in self._explaining})
        newest, now = self._newest(asked, findings), asyncio.get_running_loop().time()
        world = replace(world, known=newest)
        findings = self._ground.judge(findings, views, now, world)
        findings = self._causes.judge(findings, views, now, waiting_readers(newest, world))
        findings = await self._without_secrets(findings)
        self._renew(asked if not blind else [*asked, *self._quick], findings)
        mending = self._healer.mending
        kept = [
            it
            for it in findings
            if it.status is not Status.PASS or (it.id, it.subject) not in mending
        ]
        await self._incidents.take(kept, self._warns)
        await self._close_what_is_gone(asked)
        self._note_passes(asked)
        await self._healer.consider(self._cases(world, snapshot.at))
        for told in self._listeners:
            told()

    async def _without_secrets(self, findings: Sequence[Finding]) -> list[Finding]:
        """What a service or its health check says goes to disk and to the journal, and may repeat a password."""
        quoting = {at: it.summary for at, it in enumerate(findings) if self._quotes(it)}
        hidden = dict(
            zip(quoting, await self._hiding.of([*quoting.values()], TO_SHOW), strict=True)
        )
        return [
            replace(it, summary=hidden[at]) if at in hidden else it
            for at, it in enumerate(findings)
        ]

    def _quotes(self, finding: Finding) -> bool:
        check = self._checks.get(finding.id)
        told = finding.status in (Status.WARN, Status.FAIL)
        return told and not (check is not None and check.own_words)

    def _renew(self, asked: Sequence[Check], findings: Sequence[Finding]) -> None:
        """What was asked anew has only its new findings: a service may have left the stack."""
        self._latest = {(it.id, it.subject): it for it in self._newest(asked, findings)}

    def _newest(self, asked: Sequence[Check], findings: Sequence[Finding]) -> list[Finding]:
        ids = {check.id for check in asked}
        return [*(it for key, it in self._latest.items() if key[0] not in ids), *findings]

    def _note_passes(self, asked: Sequence[Check]) -> None:
        ill = {name for (name, _), it in self._latest.items() if it.status is not Status.PASS}
        there = {name for name, _ in self._latest}
        now = time.time()
        self.passed.update({it.id: now for it in asked if it.id in there - ill})

    async def _close_what_is_gone(self, asked: Sequence[Check]) -> None:
        """What a check that has been asked no longer speaks of, as a service that its owner stopped."""
        spoke = {check.id for check in asked if not self._is_silent(check)}
        for incident in self._incidents.unresolved:
            if incident.fault in spoke and incident.key not in self._latest:
                await self._incidents.end(incident, "it is not asked about any more")

    def _is_silent(self, check: Check) -> bool:
        """Whether it could not be asked as a whole, or waits for another: then it speaks of no subject at all."""
        whole = self._latest.get((check.id, check.subject))
        return whole is not None and whole.status in (Status.SKIP, Status.UNKNOWN)

    def _is_news(self, findings: Sequence[Finding]) -> bool:
        """Whether something was well, or not there, when it was last looked at."""
        bad = (Status.WARN, Status.FAIL)
        ill = {(it.id, it.subject) for it in findings if it.status in bad}
        return any(key not in self._latest or self._latest[key].status not in bad for key in ill)

    def _known(self) -> Collection[Finding]:
        return self._latest.values()

    def _cases(self, world: World, at: float) -> list[Case]:
        """What is unresolved, each with its newest finding."""
        cases: list[Case] = []
        for incident in self._incidents.unresolved:
            check, finding = self._checks.get(incident.fault), self._latest.get(incident.key)
            if check is not None and finding is not None:
                waits = self._incidents.waits(incident)
                began = self._began.get(check.id, at)
                cases.append(Case(incident, check, finding, world, began, waits))
        return cases
