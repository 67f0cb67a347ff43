"""One examination: what is asked for is asked once, now, and each finding is told with what may be done about it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.changes.hiding import TO_SHOW, Hiding
from tarsd.engine.choice import Choice, with_parents
from tarsd.engine.metered import Costs
from tarsd.engine.runner import run

ILL = (Status.FAIL, Status.WARN)
"""What a remedy may be for."""


class Eyes(Protocol):
    """How the machine is looked at."""

    async def look(self, own: frozenset[str]) -> World:
        """The world as it is now. `own`: services that whoever asks has locked himself, so they are not busy for him.

        The Engine's silence is an answer; raises GenerationDamaged.
        """
        ...


@dataclass(frozen=True)
class Told:
    """A finding with its check, and the remedy that fits it, if there is one."""

    finding: Finding
    check: Check
    remedy: Remedy | None

    def as_json(self) -> dict[str, Any]:
        """A finding of docs/json.md, as the doctor tells it."""
        it, remedy = self.finding, self.remedy
        return {
            "id": it.id,
            "subject": it.subject,
            "status": it.status.value,
            "severity": self.check.severity.value,
            "usual": it.subject == self.check.subject,
            "summary": it.summary,
            "evidence": list(it.evidence),
            "commands": [it.fix] if it.fix else [],
            "remedy": None
            if remedy is None
            else {"id": remedy.id, "class": remedy.kind.value, "words": remedy.words(it)},
        }


@dataclass(frozen=True)
class Report:
    """All that was found, in the catalogue's order; `seconds` that it took."""

    told: Sequence[Told]
    sections: Mapping[str, Sequence[Check]]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The result of `POST /v1/doctor`."""
        counts = Counter(it.finding.status.value for it in self.told)
        there = {it.check.id for it in self.told}
        return {
            "summary": {status.value: counts[status.value] for status in Status},
            "findings": [it.as_json() for it in self.told],
            "sections": [
                {"name": name, "checks": found}
                for name, checks in self.sections.items()
                if (found := [check.id for check in checks if check.id in there])
            ],
            "seconds": round(self.seconds, 2),
        }


class Examination:
    """Asks the catalogue; nothing is changed by it. One at a time: a second waits for the first."""

    def __init__(
        self,
        subjects: Mapping[str, Sequence[Check]],
        eyes: Eyes,
        costs: Costs,
        hiding: Hiding,
    ) -> None:
        self._subjects = subjects
        self._checks = [check for checks in subjects.values() for check in checks]
        self._eyes = eyes
        self._costs = costs
        self._hiding = hiding
        self._turn = asyncio.Lock()

    @property
    def checks(self) -> Sequence[Check]:
        """All there are."""
        return self._checks

    async def examine(self, choice: Choice) -> Report:
        """Ask. Raises BadRequest for a name that is no check's."""
        wanted = choice.of(self._checks)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._turn:
            told = await self._ask(wanted, frozenset())
        return Report(told, self._subjects, loop.time() - began)

    async def again(self, check: str, own: frozenset[str]) -> Sequence[Told]:
        """Ask one check anew, with what must pass before it. `own` as in Eyes."""
        wanted = [it for it in self._checks if it.id == check]
        return await self._ask(wanted, own)

    async def world(self, own: frozenset[str]) -> World:
        """What a remedy's guard is asked with."""
        return await self._eyes.look(own)

    async def _ask(self, wanted: Sequence[Check], own: frozenset[str]) -> list[Told]:
        world = await self._eyes.look(own)
        asked = with_parents(wanted, self._checks)
        by_id = {check.id: check for check in wanted}
        found = await run(asked, world, costs=self._costs)
        place = {check.id: at for at, check in enumerate(wanted)}
        mine = sorted((it for it in found if it.id in by_id), key=lambda it: place[it.id])
        mine = await self._without_secrets(mine, by_id)
        return [Told(it, by_id[it.id], remedy_of(by_id[it.id], world, it)) for it in mine]

    async def _without_secrets(
        self, findings: Sequence[Finding], checks: Mapping[str, Check]
    ) -> list[Finding]:
        """What others say, a service or its health check, may repeat a password."""
        quoting = [it for it in findings if it.status in ILL and not checks[it.id].own_words]
        texts = [[it.summary, list(it.evidence)] for it in quoting]
        hidden = await self._hiding.of(texts, TO_SHOW)
        words = {
            id(it): replace(it, summary=str(summary), evidence=tuple(evidence))
            for it, (summary, evidence) in zip(quoting, hidden, strict=True)
        }
        return [words.get(id(it), it) for it in findings]


def remedy_of(check: Check, world: World, finding: Finding) -> Remedy | None:
    """The first that fits; one that is the owner's own comes last."""
    if finding.status not in ILL:
        return None
    fitting = [it for it in check.remedies if it.fits(world, finding)]
    return min(fitting, key=lambda it: it.kind is Kind.MANUAL, default=None)
