"""Runs checks in the order of their dependencies, each within its deadline; a failing parent makes its children skip."""

import asyncio
from collections import ChainMap, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from tarsd.catalogue.check import Answer, Check, Finding, Status, World
from tarsd.engine.metered import Costs, Metered
from tarsd.errors import TarsError

Tell = Callable[[Check, list[Finding]], None]
"""Told the findings of each check as soon as they are there."""


def waiting(parent: str) -> str:
    """The summary of what is skipped for a parent's sake."""
    return f"waits for {parent}"


def _untold(_check: Check, _findings: list[Finding]) -> None:
    pass


async def run(
    checks: Iterable[Check],
    world: World,
    before: Iterable[Finding] = (),
    *,
    tell: Tell = _untold,
    costs: Costs | None = None,
) -> list[Finding]:
    """The findings of all checks that apply, parents first, else in the order of `checks`.

    Each is asked as soon as its own parents have answered. One that raises, hangs or answers nonsense is `unknown`, and
    harms no other.

    `before` are earlier findings: they stand for parents that are not asked now.
    """
    earlier: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in before:
        earlier[finding.id].append(finding)
    asking = _Run(world, earlier, tell, costs or Costs())
    ordered = _parents_first([check for check in checks if asking.applies(check)])
    tasks = [asyncio.create_task(asking.answer(check)) for check in ordered]
    try:
        await asyncio.gather(*tasks)
    finally:  # cut off, or a reader of the findings has raised
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [finding for check in ordered for finding in asking.found[check.id]]


def _parents_first(checks: Sequence[Check]) -> Sequence[Check]:
    """Raises ValueError: they wait for each other."""
    known = {check.id for check in checks}
    ordered: list[Check] = []
    left = list(checks)
    while left:
        placed = {check.id for check in ordered}
        ready = [it for it in left if not (set(it.after) & known) - placed]
        if not ready:
            raise ValueError(f"checks wait for each other: {[check.id for check in left]}")
        ordered += ready
        left = [check for check in left if check not in ready]
    return ordered


class _Run:
    def __init__(
        self, world: World, earlier: Mapping[str, list[Finding]], tell: Tell, costs: Costs
    ) -> None:
        self.found: dict[str, list[Finding]] = {}
        self._answered: dict[str, asyncio.Event] = {}
        self._broken: dict[str, str] = {}
        self._world = world
        self._earlier = earlier
        self._tell = tell
        self._costs = costs

    def applies(self, check: Check) -> bool:
        """Whether it is to be asked; one that cannot tell is, and says so."""
        try:
            applies = check.applies(self._world)
        except Exception as error:  # noqa: BLE001  as in `_ask`
            self._broken[check.id] = f"the check itself failed: {error!r}"
            applies = True
        if applies:
            self._answered[check.id] = asyncio.Event()
        return applies

    async def answer(self, check: Check) -> None:
        """Once its parents have."""
        for parent in check.after:
            if parent in self._answered:
                await self._answered[parent].wait()
        waits_for = self._parent_in_the_way(check)
        if waits_for is not None:
            summary = waiting(waits_for)
            answer = [Finding(check.id, check.subject, Status.SKIP, summary)]
        else:
            answer = await self._ask(check)
        self.found[check.id] = answer
        self._tell(check, answer)
        self._answered[check.id].set()

    def _parent_in_the_way(self, check: Check) -> str | None:
        known = ChainMap(self.found, {**self._earlier})
        for parent in check.after:
            if any(it.status not in (Status.PASS, Status.WARN) for it in known.get(parent, [])):
                return parent
        return None

    async def _ask(self, check: Check) -> list[Finding]:
        if check.id in self._broken:
            return [Finding(check.id, check.subject, Status.UNKNOWN, self._broken[check.id])]
        work = Metered(check.ask(self._world))
        began = asyncio.get_running_loop().time()
        try:
            answer = await _within(check.deadline, work)
            return _sound(check, [answer] if isinstance(answer, Finding) else list(answer))
        except asyncio.TimeoutError:
            reason = f"no answer within {check.deadline:.0f} s"
        except TarsError as error:
            reason = error.message
        except Exception as error:  # noqa: BLE001  a defect in one check must not take the others with it
            reason = f"the check itself failed: {error!r}"
        finally:
            self._costs.add(check.id, asyncio.get_running_loop().time() - began, work.cpu)
        return [Finding(check.id, check.subject, Status.UNKNOWN, reason)]


async def _within(deadline: float, work: Awaitable[Answer]) -> Answer:
    """Its answer. Raises asyncio.TimeoutError, and what it raises; not asyncio.CancelledError for its own sake, which would
    look as if the one who asks were to end."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=deadline)
        if not task.done():
            raise asyncio.TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise RuntimeError("it was cut off from within")
    return task.result()


def _sound(check: Check, answer: list[Finding]) -> list[Finding]:
    """What it may answer. Raises TypeError, ValueError: it speaks nonsense, or for another."""
    for finding in answer:
        if not isinstance(finding, Finding):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"it answers {finding!r}")
        if finding.id != check.id:
            raise ValueError(f"it answers for {finding.id}")
    return answer
