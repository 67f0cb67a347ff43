"""A restart of the services, done to see whether what they had taken in is still there after it."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.deep_check import waits_for
from tarsd.catalogue.service_remedies import no_restart
from tarsd.changes.model import Change, Step
from tarsd.changes.runner import Changes, Planned
from tarsd.engine.examination import Examination
from tarsd.errors import DatabaseUnavailable, ProbeFailed, ServiceNotHealthy
from tarsd.host.generations import Generations
from tarsd.host.probes.keepsake import Keepsake, keepsake
from tarsd.operations.apply import current
from tarsd.operations.validate_task import with_findings
from tarsd.store.intent import IntentStore

CHECK = "validate.persistence"
"""The id of what it finds; the catalogue has no check that restarts anything."""

AGAIN = "sudo tarsctl validate deployment --restart"

ANSWERS, ASK_EVERY = 60.0, 1.0
"""Seconds in which a service that was only just started again is waited for, and between two questions."""


class Persistence:
    """Begins it."""

    def __init__(
        self, changes: Callable[[], Changes], intent: IntentStore, generations: Generations
    ) -> None:
        self._changes = changes
        self._intent = intent
        self._generations = generations

    async def begin(self) -> Change:
        """Of all services that their owner wants to run. Raises NotInstalled, ServiceNotHealthy, ChangeConflict."""
        generation, wishes = current(self._generations), await self._intent.all()
        names = sorted(it for it in generation.services if wishes.get(it, "running") == "running")
        if not names:
            raise ServiceNotHealthy(
                "cannot restart the services: their owner has stopped all of them",
                fix="sudo tarsctl start",
            )
        return await self._changes().begin(
            "validate", "restart the services to see what they keep", names, plan(names)
        )


def plan(services: Sequence[str]) -> list[Planned]:
    """The tasks; the word is no secret."""
    args = {"services": list(services)}
    told = {**args, "word": secrets.token_hex(8)}
    return [
        Planned("keepsake-leave", "leave a word with each database", told),
        Planned("stop", "stop", {**args, "again": True}),
        Planned("start", "start and wait until healthy", args),
        Planned("keepsake-find", "ask for the words", told),
    ]


class LeaveTask:
    """Refuses before anything is stopped: what would not come up again, and what does not work now, is left alone."""

    kind = "keepsake-leave"
    version = 1

    def __init__(self, examination: Examination) -> None:
        self._examination = examination

    async def do(self, step: Step) -> None:
        """Args: services, word. Raises ServiceNotHealthy."""
        left: list[str] = step.task.memo.setdefault("left", [])
        for name, kept in (await self._kept(step, guarded=True)).items():
            step.say(f"leaving a word with {name}")
            left.append(name)
            await step.remember()
            try:
                await kept.leave(step.task.args["word"])
            except ProbeFailed as error:
                if error.why != "silent":  # or it may have taken it all the same
                    left.remove(name)
                raise _refused(name, f"it takes nothing in: {error.reason}") from error

    async def undo(self, step: Step) -> None:
        """Take the words back, once the services answer again. Raises DatabaseUnavailable."""
        left: Sequence[str] = step.task.memo.get("left", [])
        for name, kept in (await self._kept(step, guarded=False)).items():
            if name not in left:
                continue
            try:
                await _in_time(kept.forget)
            except ProbeFailed as error:
                raise DatabaseUnavailable(
                    f"cannot take back the word that was left with {name}: {error.reason}; "
                    "it does no harm, and the next validation overwrites it",
                    fix=f"tarsctl logs {name}; {AGAIN}",
                ) from error

    async def _kept(self, step: Step, *, guarded: bool) -> Mapping[str, Keepsake]:
        world = await self._examination.world(step.change.locks)
        services = [it for it in world.services if it.name in step.task.args["services"]]
        for view in services if guarded else ():
            if why := waits_for(view) or no_restart(world, view):
                raise _refused(view.name, why)
        found = {it.name: keepsake(world.deep.task(it.service)) for it in services}
        return {name: kept for name, kept in found.items() if kept is not None}


class FindTask:
    """What is lost makes it NO-GO; nothing is taken back by that, for the services run as before."""

    kind = "keepsake-find"
    version = 1

    def __init__(self, examination: Examination) -> None:
        self._examination = examination

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: services, word. Result: the verdict, and `suite`, which is one of docs/json.md."""
        world = await self._examination.world(step.change.locks)
        findings: list[Finding] = []
        for view in world.services:
            kept = keepsake(world.deep.task(view.service))
            if view.name in step.task.args["services"] and kept is not None:
                step.say(f"asking {view.name}")
                findings.append(await _asked(view.name, kept, step.task.args["word"]))
        before = step.change.result or {}
        late = cast("Sequence[Mapping[str, Any]]", before.get("failures") or [])
        told = [*(_examined(_late(it)) for it in late), *(_examined(it) for it in findings)]
        return {**with_findings(before, findings), "suite": _suite(told)}

    async def undo(self, step: Step) -> None:
        """The words are taken back by who has left them."""


async def _asked(name: str, kept: Keepsake, word: str) -> Finding:
    try:
        await _in_time(lambda: kept.find(word))
        await kept.forget()
    except ProbeFailed as error:
        fix = f"tarsctl logs {name}; tarsctl doctor --deep --only '{name}.*'"
        return Finding(CHECK, name, Status.FAIL, error.reason, fix)
    return Finding(CHECK, name, Status.PASS, "what it took in was there after a restart")


async def _in_time(ask: Callable[[], Awaitable[None]]) -> None:
    """Until it answers, however it does. Raises its last ProbeFailed."""
    clock = asyncio.get_running_loop().time
    end = clock() + ANSWERS
    while True:
        try:
            return await ask()
        except ProbeFailed as error:
            if clock() >= end or error.why == "sick":
                raise
        await asyncio.sleep(ASK_EVERY)


def _refused(name: str, why: str) -> ServiceNotHealthy:
    return ServiceNotHealthy(
        f"cannot restart the services to see what they keep: {name}: {why}",
        fix=f"tarsctl doctor; then: {AGAIN}",
    )


def _late(told: Mapping[str, Any]) -> Finding:
    """One of the start's: a service that does not come up again."""
    return Finding(
        str(told["id"]), str(told["subject"]), Status.FAIL, str(told["summary"]), told["fix"]
    )


def _examined(it: Finding) -> dict[str, Any]:
    return {
        **{key: value for key, value in it.as_json().items() if key != "fix"},
        "severity": "fail",
        "usual": False,
        "evidence": [],
        "commands": [it.fix] if it.fix else [],
        "remedy": None,
    }


def _suite(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    bad = [it for it in told if it["status"] == "fail"]
    against = f"{bad[0]['id']}: {bad[0]['subject']}: {bad[0]['summary']}" if bad else None
    if not told:
        against = "no service was given anything to keep"
    counts = Counter(it["status"] for it in told)
    return {
        "name": "persistence",
        "verdict": "GO" if against is None else "NO-GO",
        "reason": against,
        "fix": None if told else "tarsctl status",
        "summary": {status.value: counts[status.value] for status in Status},
        "findings": list(told),
    }
