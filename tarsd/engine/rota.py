"""Asks what has a cadence of its own, beside the monitor's rounds: what one check takes delays nothing else."""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.engine.metered import Costs
from tarsd.engine.runner import run, waiting

FIRST = 15.0
"""Seconds after its start before the daemon asks any of these: by then it serves, and knows what runs."""

TOGETHER = 5.0
"""Seconds: what is due so soon after another is asked with it, in one world, so that the daemon wakes up once for both."""

JITTER = 0.1
"""Of a cadence, up or down: machines that were switched on together do not ask in step."""


FAILING = 60.0
"""Seconds until what has failed is asked again, if its cadence is slower: its end is to be seen, too."""


@dataclass(frozen=True)
class Answer:
    """What a check said; `began` is when it was asked, on the loop's clock, in seconds."""

    check: Check
    findings: Sequence[Finding]
    began: float


class _Batch:
    """What is asked together."""

    task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Rota:
    """Answers are collected by the monitor; `stir` tells it that there is one.

    While `paused` nothing is asked, and what was being asked counts for nothing: a change is at work on the whole stack.
    """

    def __init__(
        self,
        checks: Iterable[Check],
        world: Callable[[], World],
        known: Callable[[], Iterable[Finding]],
        stir: Callable[[], None],
        paused: Callable[[], bool],
        costs: Costs,
        log: FilteringBoundLogger,
    ) -> None:
        self._checks = {check.id: check for check in checks if check.every}
        self._world = world
        self._known = known
        self._stir = stir
        self._paused = paused
        self._costs = costs
        self._log = log
        self._due: dict[str, float] = {}
        self._asking: dict[str, _Batch] = {}
        self._again: set[str] = set()
        self._answers: dict[str, Answer] = {}
        self._wake = asyncio.Event()

    def collect(self) -> Sequence[Answer]:
        """Those since the last time, of each check its latest."""
        answers, self._answers = self._answers, {}
        return list(answers.values())

    def trigger(self, trigger: Trigger) -> None:
        """Ask at once what this concerns. A sleep concerns all but what makes the stack work: cadences do not count it."""
        for check in self._checks.values():
            if trigger in check.triggers or (trigger is Trigger.WOKE and not check.deep):
                self.ask(check.id)

    def ask(self, name: str) -> None:
        """Ask this one at once; if it is being asked right now, once more after that. Other names mean nothing here.

        What stood in its way when it was last asked is asked with it, or it could only wait for that once more.
        """
        if name not in self._checks:
            return
        for parent in self._checks[name].after:
            if parent in self._checks and not self._lets_pass(parent):
                self._at_once(parent)
        self._at_once(name)

    def _at_once(self, name: str) -> None:
        self._due[name] = 0.0
        if name in self._asking:
            self._again.add(name)
        self._wake.set()

    def _lets_pass(self, name: str) -> bool:
        """Whether what comes after it may be asked, by its newest answer."""
        return all(it.status in (Status.PASS, Status.WARN) for it in self._known() if it.id == name)

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        begin = loop.time() + FIRST
        self._due = {name: self._due.get(name, begin) for name in self._checks}
        try:
            while True:
                if not self._paused():
                    self._begin(self._due_by(loop.time() + TOGETHER))
                free = [at for name, at in self._due.items() if name not in self._asking]
                pause = max(min(free, default=loop.time() + TOGETHER) - loop.time(), 1.0)
                timer = loop.call_later(pause, self._wake.set)
                await self._wake.wait()
                timer.cancel()
                self._wake.clear()
        finally:
            for batch in set(self._asking.values()):
                batch.cancel()

    def _due_by(self, at: float) -> list[Check]:
        """Nothing, unless something is due now: then also what is due soon."""
        now = at - TOGETHER
        free = {name: due for name, due in self._due.items() if name not in self._asking}
        if not any(due <= now for due in free.values()):
            return []
        return [self._checks[name] for name, due in free.items() if due <= at]

    def _begin(self, checks: Sequence[Check]) -> None:
        if not checks:
            return
        now = asyncio.get_running_loop().time()
        for check in checks:
            every = check.every or 0.0
            self._due[check.id] = now + every * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        batch = _Batch()
        self._asking.update({check.id: batch for check in checks})
        batch.task = asyncio.create_task(self._run(batch, checks))

    async def _run(self, batch: "_Batch", checks: Sequence[Check]) -> None:
        began = asyncio.get_running_loop().time()
        silent = {check.id for check in checks}

        def tell(check: Check, findings: list[Finding]) -> None:
            silent.discard(check.id)
            self._take(Answer(check, findings, began), batch)

        try:
            await run(checks, self._world(), self._known(), tell=tell, costs=self._costs)
            for name in silent:  # what does not apply here speaks of nothing
                self._take(Answer(self._checks[name], (), began), batch)
        except Exception:  # noqa: BLE001  one bad world must not end the asking
            self._log.exception("rota.defect")
        finally:
            for check in checks:
                self._over(check.id, batch)
            self._wake.set()

    def _take(self, answer: Answer, batch: "_Batch") -> None:
        self._over(answer.check.id, batch)
        if self._paused():
            self._due[answer.check.id] = 0.0
            return
        self._answers[answer.check.id] = answer
        if all(it.status in (Status.PASS, Status.WARN) for it in answer.findings):
            self._let_pass(answer.check.id, batch)
        if any(it.status is Status.FAIL for it in answer.findings):
            again = asyncio.get_running_loop().time() + FAILING
            self._due[answer.check.id] = min(self._due[answer.check.id], again)
        self._stir()

    def _let_pass(self, name: str, batch: "_Batch") -> None:
        """What has waited for this one is not left to its own cadence; what is asked with it comes after it anyway."""
        skipped = {it.id for it in self._known() if it.summary == waiting(name)}
        for check in self._checks.values():
            if check.id in skipped and self._asking.get(check.id) is not batch:
                self._at_once(check.id)

    def _over(self, name: str, batch: "_Batch") -> None:
        """Its part in the batch is; by the time that the slowest of the batch has answered, another one may ask it."""
        if self._asking.get(name) is not batch:
            return
        del self._asking[name]
        if name in self._again:
            self._again.discard(name)
            self._due[name] = 0.0
            self._wake.set()
