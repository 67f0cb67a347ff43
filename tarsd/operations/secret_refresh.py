"""After a secret has another value: whoever reads it is started again or made anew, and is seen to work with it."""

from collections.abc import Callable

from tarsd.changes.model import Step
from tarsd.errors import DatabaseRefused, ServiceNotHealthy
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.generations import Generation
from tarsd.host.redis import Redis
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.secret_readers import Readers, readers
from tarsd.operations.starter import Starter, failures
from tarsd.store.intent import IntentStore


class Refresh:
    """What the owner has stopped stays stopped, and takes the new value when it is started."""

    def __init__(
        self,
        secrets: SecretFiles,
        containers: Containers,
        compose: Compose,
        starter: Starter,
        intent: IntentStore,
        redis: Redis,
    ) -> None:
        self._secrets = secrets
        self._containers = containers
        self._compose = compose
        self._starter = starter
        self._intent = intent
        self._redis = redis

    async def do(self, generation: Generation, name: str, value: str, step: Step) -> list[str]:
        """Return the services that work with the new value. Raises ServiceNotHealthy, DatabaseRefused, StackInvalid."""
        found = readers(generation, name, self._secrets.directory)
        wishes = await self._intent.all()
        wanted = [it for it in found.all if wishes.get(it) != "stopped"]
        await self._restart(generation, found, wanted, step.say)
        late = (await self._starter.start(generation, wanted, step, recreate=True)).late
        if late:
            first = late[0]
            raise ServiceNotHealthy(
                f"cannot get {first.service} healthy with the new {name}: {first.reason}",
                fix=f"tarsctl logs {first.service}",
                details={"failures": failures(late)},
            )
        stopped = [it for it in found.recreated if it not in wanted]
        if stopped:
            await self._compose.up(generation.compose_file, stopped, recreate=True, start=False)
        if name == "redis-password" and "redis" in wanted and not await self._redis.accepts(value):
            raise DatabaseRefused(
                "cannot replace redis-password: redis runs, and does not take the new value",
                fix="tarsctl logs redis",
            )
        return wanted

    async def undo(self, generation: Generation, name: str) -> None:
        """The same with the old value, without waiting: what was not healthy before need not be now."""
        found = readers(generation, name, self._secrets.directory)
        wishes = await self._intent.all()
        wanted = [it for it in found.all if wishes.get(it) != "stopped"]
        await self._restart(generation, found, wanted, lambda _: None)
        await self._starter.bring_back(generation, wishes)

    async def _restart(
        self, generation: Generation, found: Readers, wanted: list[str], say: Callable[[str], None]
    ) -> None:
        """A file that is mounted is the old one until the container starts again, even where the path is the same."""
        seen = await self._containers.by_service()
        for service in found.restarted:
            if service in wanted and service in seen:
                say(f"restarting {service}")
                grace = generation.services[service].stop_grace
                await self._containers.stop(seen[service].id, grace)
                await self._containers.start(seen[service].id)
