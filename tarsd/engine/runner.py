"""Runs checks in the order of their dependencies, each within its deadline; a failing parent makes its children skip."""

import asyncio
from collections.abc import Iterable

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.errors import TarsError


async def run(checks: Iterable[Check], world: World) -> list[Finding]:
    """One finding per check, parents first. A check that raises or hangs is `unknown`, and harms no other."""
    found: dict[str, Finding] = {}
    waiting = list(checks)
    known = {check.id for check in waiting}
    while waiting:
        ready = [check for check in waiting if not (set(check.after) & known) - found.keys()]
        if not ready:
            raise ValueError(f"checks wait for each other: {[check.id for check in waiting]}")
        answers = await asyncio.gather(*(_answer(check, world, found) for check in ready))
        found.update((finding.id, finding) for finding in answers)
        waiting = [check for check in waiting if check not in ready]
    return list(found.values())


async def _answer(check: Check, world: World, found: dict[str, Finding]) -> Finding:
    for parent in check.after:
        if parent in found and found[parent].status not in (Status.PASS, Status.WARN):
            return Finding(check.id, check.subject, Status.SKIP, f"waits for {parent}")
    try:
        return await asyncio.wait_for(check.ask(world), check.deadline)
    except asyncio.TimeoutError:
        reason = f"no answer within {check.deadline:.0f} s"
    except TarsError as error:
        reason = error.message
    except Exception as error:  # noqa: BLE001  a defect in one check must not take the others with it
        reason = f"the check itself failed: {error!r}"
    return Finding(check.id, check.subject, Status.UNKNOWN, reason)
