"""Replaces a secret while the stack runs: whoever checks it first, then the file, then whoever reads it."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import DatabaseRefused, DatabaseUnavailable, SecretSealed
from tarsd.host.generations import Generations
from tarsd.host.postgres.role import Postgres
from tarsd.host.secret_files import SecretFiles
from tarsd.host.secret_history import SecretHistory
from tarsd.operations.apply import current
from tarsd.operations.secret_refresh import Refresh
from tarsd.operations.secrets_task import derive

SEALING: Mapping[str, str] = {
    "encryption-key": "what the backend has encrypted with it in the database could never be read again",
    "webui-secret-key": "what Open WebUI has encrypted with it (its connections' keys and tokens) could never be "
    "read again, and everybody would be signed out",
}
"""Secret -> what would be lost with it."""

NOTES: Mapping[str, tuple[str, str]] = {
    "admin-password": (
        "Open WebUI keeps the password that was set there: the new one is for tars-home's own pages, and for an Open "
        "WebUI that has no user yet",
        "change it in Open WebUI too: Settings, Account",
    ),
    "jwt-root": ("tokens that were given out before are no longer valid", "sign in again"),
}
"""Secret -> what an owner must know afterwards, and do."""

WAIT = 120.0
"""Seconds for a database that is just starting, after a reboot in the middle."""

TRY_AGAIN = 2.0


class RotateTask:
    """Both values are on disk before either is needed: after a power cut anywhere the same steps lead to the same end."""

    kind = "rotate-secret"
    version = 1

    def __init__(
        self,
        secrets: SecretFiles,
        postgres: Postgres,
        generations: Generations,
        refresh: Refresh,
    ) -> None:
        self._secrets = secrets
        self._history = SecretHistory(secrets)
        self._postgres = postgres
        self._generations = generations
        self._refresh = refresh

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: name. Result: a verdict. Raises DatabaseUnavailable, DatabaseRefused, ServiceNotHealthy."""
        name: str = step.task.args["name"]
        generation = current(self._generations)
        old, new = await self._values(name, step)
        await self._teach(name, (old, new), new, step)
        await _touch(step)
        await _whole(asyncio.to_thread(self._put, name, new))
        services = await self._refresh.do(generation, name, new, step)
        self._history.forget_next(name)
        words = [NOTES[name]] if name in NOTES else []
        notes = [Finding("secret.note", name, Status.WARN, *it).as_json() for it in words]
        return {"verdict": "GO", "passed": 1 + len(services), "warnings": notes, "failures": []}

    async def undo(self, step: Step) -> None:
        """The old value again, everywhere; the new one is kept among the earlier ones, for logs may hold it."""
        name: str = step.task.args["name"]
        if "label" not in step.task.memo:
            return
        if not step.task.memo.get("touched"):
            if step.task.memo[
                "fresh"
            ]:  # else it is of an earlier rotation, and may be what the database takes
                self._history.forget_next(name)
            return
        label: str = step.task.memo["label"]
        old = self._history.kept(name, label)
        new = self._history.next(name) or self._secrets.read(name)
        if new == old:
            return
        self._history.keep(name, f"{label}-undone", new)
        await self._teach(name, (new, old), old, step)
        await _whole(asyncio.to_thread(self._put, name, old))
        await self._refresh.undo(current(self._generations), name)
        self._history.forget_next(name)

    async def _values(self, name: str, step: Step) -> tuple[str, str]:
        """The old value and the new one, both on disk from here on."""
        memo = step.task.memo
        if "label" not in memo:
            memo["fresh"] = self._history.next(name) is None
            memo["label"] = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}Z"
            await step.remember()
        label: str = memo["label"]
        if not memo.get("prepared"):
            self._history.keep(name, label, self._secrets.read(name))
            self._history.prepare(name)
            memo["prepared"] = True
            await step.remember()
        new = self._history.next(name) or self._secrets.read(name)  # none: it has been put already
        return self._history.kept(name, label), new

    async def _teach(self, name: str, known: Sequence[str], value: str, step: Step) -> None:
        """Make the database take `value` and nothing else, whichever of the known values it takes now."""
        if name != "postgres-password":
            return
        step.say("changing the password in the database")
        for password in known:
            if await self._patiently(password, step):
                await _touch(step)
                await _whole(self._postgres.set_password(password, value))
                break
        else:
            raise DatabaseRefused(
                f"cannot replace {name}: the database takes neither the value in "
                f"{self._secrets.directory / name} nor the one that was to follow it",
                fix="docker exec -it tars-postgres-1 psql -U tars -c '\\password', and give it the value of that file",
            )
        if not await self._postgres.accepts(value):
            raise DatabaseRefused(
                f"cannot replace {name}: the database says it took the new value, and does not",
                fix="tarsctl logs postgres",
            )

    async def _patiently(self, password: str, step: Step) -> bool:
        """Whether the database takes it, waiting for one that is starting."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT
        while True:
            try:
                return await self._postgres.accepts(password)
            except DatabaseUnavailable as error:
                if loop.time() >= end:
                    raise
                step.say(f"{error.message}; waiting at most {end - loop.time():.0f} s more")
                await asyncio.sleep(TRY_AGAIN)

    def _put(self, name: str, value: str) -> None:
        if self._secrets.read(name) != value:
            self._secrets.replace(name, value)
        derive(self._secrets)


async def _whole(act: Coroutine[Any, Any, None]) -> None:
    """Let an act end before an abort of it is heeded: its undo must not overtake it."""
    work = asyncio.ensure_future(act)
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


async def _touch(step: Step) -> None:
    """From here on there is something to undo."""
    if not step.task.memo.get("touched"):
        step.task.memo["touched"] = True
        await step.remember()


def refuse_sealing(name: str) -> None:
    """Raises SecretSealed for a secret that data at rest depends on."""
    if name in SEALING:
        raise SecretSealed(
            f"cannot replace {name}: {SEALING[name]}",
            fix="keep it; whoever may have seen it must not see the data: sudo tarsctl secrets list",
        )


def plan(name: str) -> list[Planned]:
    """The tasks of a rotation."""
    return [Planned("rotate-secret", f"replace {name}", {"name": name})]
