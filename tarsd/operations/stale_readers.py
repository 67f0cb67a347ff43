"""Services that still run with what a secret was before: a mounted file is the old one until the container starts again."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from tarsd.changes.model import Step
from tarsd.engine.passes import utc_now
from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Generation
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.secret_readers import FILES, readers


class StaleReaders:
    """Needed where a secret was lost and made anew. After a rotation there are none: it restarts its readers itself."""

    def __init__(
        self,
        secrets: SecretFiles,
        containers: Containers,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._secrets = secrets
        self._containers = containers
        self._now = now

    async def restart(self, generation: Generation, step: Step) -> None:
        """Start again what runs and was started before its secret was made. Raises EngineUnavailable, EngineRefused."""
        made = await asyncio.to_thread(self._made, generation)
        for it in await self._containers.all():
            if it.service in made and _older(it, made[it.service], self._now()):
                step.say(f"restarting {it.service}, whose password was made anew")
                await self._containers.stop(it.id, generation.services[it.service].stop_grace)
                await self._containers.start(it.id)

    def _made(self, generation: Generation) -> dict[str, datetime]:
        """Service -> when the newest of the secrets that it reads at its start was made."""
        found: dict[str, datetime] = {}
        for secret in FILES:
            if not self._secrets.has(secret):
                continue
            when = self._secrets.made(secret)
            for service in readers(generation, secret, self._secrets.directory).restarted:
                found[service] = max(when, found.get(service, when))
        return found


def _older(container: Container, made: datetime, now: datetime) -> bool:
    """A time that is still to come is a clock that was set back, and would mean a restart with each install."""
    started = container.started
    return container.state == "running" and started is not None and started < made and made <= now
