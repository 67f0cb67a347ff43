"""Runs checks in the order of their dependencies, each within its deadline; a failing parent makes its children skip."""

import asyncio
from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterable, Mapping

from tarsd.catalogue.check import Check, Finding, Status, World
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

    One that raises, hangs or answers nonsense is `unknown`, and harms no other.

    `before` are earlier findings: they stand for parents that are not asked now.
    """
    earlier: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in before:
        earlier[finding.id].append(finding)
    asking = _Run(world, earlier, tell, costs or Costs())
    waiting = [check for check in checks if check.applies(world)]
    asked: list[Check] = []
    known = {check.id for check in waiting}
    while waiting:
        ready = [it for it in waiting if not (set(it.after) & known) - asking.found.keys()]
        if not ready:
            raise ValueError(f"checks wait for each other: {[check.id for check in waiting]}")
        await asyncio.gather(*(asking.answer(check) for check in ready))
        asked += ready
        waiting = [check for check in waiting if check not in ready]
    return [finding for check in asked for finding in asking.found[check.id]]


class _Run:
    def __init__(
        self, world: World, earlier: Mapping[str, list[Finding]], tell: Tell, costs: Costs
    ) -> None:
        self.found: dict[str, list[Finding]] = {}
        self._world = world
        self._earlier = earlier
        self._tell = tell
        self._costs = costs

    async def answer(self, check: Check) -> None:
        waits_for = self._parent_in_the_way(check)
        if waits_for is not None:
            summary = waiting(waits_for)
            answer = [Finding(check.id, check.subject, Status.SKIP, summary)]
        else:
            answer = await self._ask(check)
        self.found[check.id] = answer
        self._tell(check, answer)

    def _parent_in_the_way(self, check: Check) -> str | None:
        known = ChainMap(self.found, {**self._earlier})
        for parent in check.after:
            if any(it.status not in (Status.PASS, Status.WARN) for it in known.get(parent, [])):
                return parent
        return None

    async def _ask(self, check: Check) -> list[Finding]:
        work = Metered(check.ask(self._world))
        began = asyncio.get_running_loop().time()
        try:
            answer = await asyncio.wait_for(work, check.deadline)
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


def _sound(check: Check, answer: list[Finding]) -> list[Finding]:
    """What it may answer. Raises TypeError, ValueError: it speaks nonsense, or for another."""
    for finding in answer:
        if not isinstance(finding, Finding):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"it answers {finding!r}")
        if finding.id != check.id:
            raise ValueError(f"it answers for {finding.id}")
    return answer
