"""Runs checks in the order of their dependencies, each within its deadline; a failing parent makes its children skip."""

import asyncio
from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.errors import TarsError


async def run(
    checks: Iterable[Check], world: World, before: Iterable[Finding] = ()
) -> list[Finding]:
    """The findings of all checks that apply, parents first. One that raises or hangs is `unknown`, and harms no other.

    `before` are earlier findings: they stand for parents that are not asked now.
    """
    found: dict[str, list[Finding]] = {}
    earlier: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in before:
        earlier[finding.id].append(finding)
    waiting = [check for check in checks if check.applies(world)]
    known = {check.id for check in waiting}
    while waiting:
        ready = [check for check in waiting if not (set(check.after) & known) - found.keys()]
        if not ready:
            raise ValueError(f"checks wait for each other: {[check.id for check in waiting]}")
        answers = await asyncio.gather(
            *(_answer(check, world, ChainMap(found, earlier)) for check in ready)
        )
        found.update((check.id, answer) for check, answer in zip(ready, answers, strict=True))
        waiting = [check for check in waiting if check not in ready]
    return [finding for answer in found.values() for finding in answer]


async def _answer(check: Check, world: World, found: Mapping[str, list[Finding]]) -> list[Finding]:
    for parent in check.after:
        if any(it.status not in (Status.PASS, Status.WARN) for it in found.get(parent, [])):
            return [Finding(check.id, check.subject, Status.SKIP, f"waits for {parent}")]
    try:
        answer = await asyncio.wait_for(check.ask(world), check.deadline)
        return [answer] if isinstance(answer, Finding) else list(answer)
    except asyncio.TimeoutError:
        reason = f"no answer within {check.deadline:.0f} s"
    except TarsError as error:
        reason = error.message
    except Exception as error:  # noqa: BLE001  a defect in one check must not take the others with it
        reason = f"the check itself failed: {error!r}"
    return [Finding(check.id, check.subject, Status.UNKNOWN, reason)]
