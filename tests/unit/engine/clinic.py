"""A healer with its ledger on a real state.db, and a stack whose services fail and get well as a test says. Time jumps."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Answer, Check, Finding, Status, World
from tarsd.catalogue.hands import Hands, ServiceHands
from tarsd.catalogue.remedy import Remedy
from tarsd.engine.decide import Case
from tarsd.engine.healer import Healer
from tarsd.engine.incident import Entry
from tarsd.engine.incidents import Incidents
from tarsd.errors import TarsError
from tarsd.settings import Settings
from tarsd.store.ledger import Ledger
from tests.unit.engine.ward import BEGUN, BadDatabase
from tests.unit.hands import hands
from tests.unit.log import Log

LOOK_EVERY = 1.0


class Restart(Remedy):
    """Of the service that fails."""

    id = "service.restart"

    def words(self, finding: Finding) -> str:
        return f"restart {finding.subject}"

    async def do(self, hands: Hands, finding: Finding) -> str | None:
        await hands.services.restart(finding.subject, hung=True)
        return None


class Hung(Check):
    """What the clinic's services suffer from."""

    id = "service.hung"
    subject = "service"
    remedies = (Restart(),)

    async def ask(self, world: World) -> Answer:
        return []


class SharedHung(Hung):
    """The same from one cause."""

    shared = True


class TellingRestart(Restart):
    """One that has more to say than that it was done."""

    async def do(self, hands: Hands, finding: Finding) -> str:
        await hands.services.restart(finding.subject, hung=True)
        return "1.2 GB more free"


class TellingHung(Hung):
    """Mended by it."""

    remedies = (TellingRestart(),)


class Clinic(ServiceHands):
    """`sick` are the services that fail, `cures` how many acts each needs; `acts` are (second, service)."""

    def __init__(self, path: Path, world: World, check: Check | None = None) -> None:
        self.path = path
        self.check = check or Hung()
        self.world = world
        self.sick: dict[str, int | None] = {}
        self.services: set[str] = set()
        self.acts: list[tuple[float, str]] = []
        self.acting_at_looks: list[set[str]] = []
        self.takes = 0.1
        self.refuses: str | None = None
        self.saves = 0.0
        self.vague_until = 0
        """So many looks after an act say nothing plain."""
        self.settings: dict[str, Any] = {}
        self.awake_since = BEGUN - timedelta(days=1)
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> "Clinic":
        """A daemon begins."""
        self.began = asyncio.get_running_loop().time()
        await self._begin()
        return self

    async def _begin(self) -> None:
        self.database = BadDatabase(self.path)
        await self.database.open()
        log = Log()
        clock = asyncio.get_running_loop().time
        self.incidents = Incidents(Ledger(self.database), log.logger, self.now, clock)
        self.healer = Healer(
            hands(services=self),
            self.incidents,
            self.save,
            self.look_anew,
            lambda: Settings.model_validate(self.settings),
            lambda: self.awake_since,
            self.now,
            log.logger,
        )
        self._looking = asyncio.create_task(self._look())

    async def kill(self) -> None:
        """The daemon is gone between two instructions; another one begins."""
        await self._end()
        await self._begin()

    async def close(self) -> None:
        await self._end()

    async def _end(self) -> None:
        assert self._looking is not None
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        await self.healer.stop()
        await self.database.close()

    @property
    def second(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    def now(self) -> datetime:
        return BEGUN + timedelta(seconds=self.second)

    def fails(self, *services: str, acts: int | None = 1) -> None:
        """From now on, until so many acts were done to each; None: whatever is done."""
        self.services |= set(services)
        self.sick.update(dict.fromkeys(services, acts))

    async def restart(self, service: str, *, hung: bool) -> None:
        self.acts.append((self.second, service))
        await asyncio.sleep(self.takes)
        if self.refuses:
            raise TarsError(self.refuses)
        left = self.sick.get(service)
        if left is not None and left <= 1:
            self.sick.pop(service)
        elif left is not None:
            self.sick[service] = left - 1

    async def start(self, service: str) -> None:
        raise NotImplementedError

    async def create(self, service: str) -> None:
        raise NotImplementedError

    async def stop(self, service: str) -> None:
        raise NotImplementedError

    async def restart_engine(self) -> None:
        raise NotImplementedError

    async def save(self, case: Case) -> None:
        await asyncio.sleep(self.saves)
        await self.incidents.saved(case.incident, "evidence", self.saves)

    async def look_anew(self, _check: str) -> None:
        """The next round sees it."""
        self.acting_at_looks.append({it for it in self.services if self.healer.acting(it)})

    async def _look(self) -> None:
        while True:
            at = asyncio.get_running_loop().time()
            findings = {name: self._finding(name) for name in sorted(self.services)}
            mending = self.healer.mending
            told = [
                it
                for it in findings.values()
                if it.status is Status.FAIL or (it.id, it.subject) not in mending
            ]
            await self.incidents.take(told)
            await self.healer.consider(
                [
                    Case(
                        it,
                        self.check,
                        findings[it.subject],
                        self.world,
                        at,
                        self.incidents.waits(it),
                    )
                    for it in self.incidents.unresolved
                ]
            )
            await asyncio.sleep(LOOK_EVERY)

    def _finding(self, service: str) -> Finding:
        if self.acts and len(self.acting_at_looks) < self.vague_until:
            return Finding(self.check.id, service, Status.SKIP, "it cannot be asked now")
        failing = service in self.sick
        status = Status.FAIL if failing else Status.PASS
        return Finding(self.check.id, service, status, "hangs" if failing else "works")

    async def timeline(self, number: int = 1) -> list[Entry]:
        """Of an incident, on disk."""
        found = await self.incidents.ledger.get(number)
        assert found is not None
        return list(found.entries)
