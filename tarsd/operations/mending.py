"""One remedy, done for its owner: guard, act, the check again; an edit that did not help is taken back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tarsd.catalogue.check import Status
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.engine.choice import unknown
from tarsd.engine.examination import ILL, Examination, Told
from tarsd.errors import BadRequest, TarsError
from tarsd.host.edits.runs import Run
from tarsd.operations.taking_back import TakingBack

VERIFY = 60.0
"""Seconds, beyond a service's own start grace, for its check to pass after an act that disturbs (the healer's measure)."""

SOON = 3.0
"""Seconds for the check to pass after any other act: a unit that was enabled, a file that was written."""

LOOK_EVERY = 0.5

End = Literal["fixed", "well", "refused", "failed", "useless"]
"""`well`: it passes without any act; `refused`: the remedy's guard says no; `failed`: the act itself failed; `useless`: the
check fails as before. After the last two, what was edited for it is taken back."""


@dataclass(frozen=True)
class Want:
    """One remedy for one finding, as it was chosen."""

    check: str
    subject: str
    remedy: str

    @classmethod
    def of(cls, told: Mapping[str, str]) -> "Want":
        """From what a client sends or a task keeps."""
        return cls(told["id"], told["subject"], told["remedy"])

    def as_json(self) -> dict[str, str]:
        """The same."""
        return {"id": self.check, "subject": self.subject, "remedy": self.remedy}


@dataclass(frozen=True)
class Outcome:
    """What became of it; `why` in words, None where there is nothing to say; `kept`: what could not be taken back."""

    id: str
    subject: str
    remedy: str
    words: str
    end: End
    why: str | None = None
    kept: str | None = None

    def as_json(self) -> dict[str, Any]:
        """An act of docs/json.md."""
        return asdict(self)


class Mending:
    """`hands` makes hands that keep what they edit in the run they are given; `acted` is told the check after an act."""

    def __init__(
        self,
        examination: Examination,
        hands: Callable[[Callable[[], Run]], Hands],
        taking_back: TakingBack,
        acted: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._examination = examination
        self._hands = hands
        self._back = taking_back
        self._acted = acted

    def check(self, want: Want) -> Remedy:
        """The remedy that is meant. Raises BadRequest: there is no such check or remedy, or it is its owner's own to do."""
        checks = self._examination.checks
        found = [it for it in checks if it.id == want.check]
        if not found:
            raise unknown(want.check, checks)
        for remedy in found[0].remedies:
            if remedy.id == want.remedy:
                if remedy.kind is Kind.MANUAL:
                    break
                return remedy
        raise BadRequest(
            f"cannot do {want.remedy} for {want.check}: there is no such remedy that tarsd may do",
            fix=f"tarsctl doctor explain {want.check}",
        )

    async def mend(
        self,
        want: Want,
        run: Run,
        own: frozenset[str],
        begun: Callable[[int], Awaitable[int]],
    ) -> Outcome:
        """Do it. `own`: the services that whoever asks has locked. `begun` is told the first entry of the run's record that
        will be this act's, before it is done, and returns that of an earlier attempt, which a power cut has ended.

        Raises TarsError only where nothing was done.
        """
        self.check(want)
        told = await self._told(want, own)
        if told is None or told.finding.status not in ILL:
            why = None if told is None else told.finding.summary
            well = told is None or told.finding.status is Status.PASS
            return self._end(want, want.remedy, "well" if well else "refused", why)
        remedy = self.check(want)
        world = await self._examination.world(own)
        words = remedy.words(told.finding)
        if not remedy.fits(world, told.finding):
            return self._end(want, words, "refused", "it is not for this state of it")
        refusal = remedy.guard(world, told.finding)
        if refusal is not None:
            return self._end(want, words, "refused", refusal)
        since = await begun(await self._back.next(run))
        try:
            await remedy.do(self._hands(lambda: run), told.finding)
        except TarsError as error:
            kept = await self._take_back(run, since)
            fix = f"; try: {error.fix}" if error.fix else ""
            return self._end(want, words, "failed", f"{error.message}{fix}", kept)
        self._acted(want.check)
        return await self._verified(want, words, remedy, told, run, since, own)

    async def _verified(
        self,
        want: Want,
        words: str,
        remedy: Remedy,
        before: Told,
        run: Run,
        since: int,
        own: frozenset[str],
    ) -> Outcome:
        after = await self._settled(want, own, await self._patience(want, remedy, own))
        if after is None or after.finding.status is Status.PASS:
            return self._end(want, words, "fixed", None if after is None else after.finding.summary)
        if after.finding.status is Status.WARN and before.finding.status is Status.FAIL:
            return self._end(want, words, "fixed", after.finding.summary)
        kept = await self._take_back(run, since)
        return self._end(want, words, "useless", after.finding.summary, kept)

    async def _told(self, want: Want, own: frozenset[str]) -> Told | None:
        """The finding as it is now; None where the check does not speak of this subject any more."""
        found = await self._examination.again(want.check, own)
        whole = [it for it in found if it.finding.status in (Status.SKIP, Status.UNKNOWN)]
        mine = [it for it in found if it.finding.subject == want.subject]
        return next(iter([*mine, *whole]), None)

    async def _settled(self, want: Want, own: frozenset[str], patience: float) -> Told | None:
        """The first word that it is well, or the last one at the end of patience."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            told = await self._told(want, own)
            if told is None or told.finding.status is Status.PASS or loop.time() >= end:
                return told
            await asyncio.sleep(LOOK_EVERY)

    async def _patience(self, want: Want, remedy: Remedy, own: frozenset[str]) -> float:
        services = (await self._examination.world(own)).services
        graces = [it.service.start_grace or 0 for it in services if it.name == want.subject]
        if graces or remedy.disturbs:
            return max(graces, default=0) + VERIFY
        return SOON

    async def _take_back(self, run: Run, since: int) -> str | None:
        try:
            await self._back.take_back(run, since, force=False)
        except TarsError as error:
            return error.message
        return None

    def _end(
        self, want: Want, words: str, end: End, why: str | None, kept: str | None = None
    ) -> Outcome:
        return Outcome(want.check, want.subject, want.remedy, words, end, why, kept)


def locks(wants: Sequence[tuple[Want, Remedy]], services: frozenset[str], stack: str) -> set[str]:
    """What a fix has to itself: the services that it is about, or the whole stack where it disturbs what is not one."""
    found = {"doctor"}
    for want, remedy in wants:
        if want.subject in services:
            found.add(want.subject)
        elif remedy.disturbs:
            found.add(stack)
    return found
