"""Ports that Docker holds for nobody: a power cut in a container's start leaves them until Docker is restarted.

Seen with Docker 26.1: on its next start it brings the proxies of the cut-off container up, finds its endpoint stale,
removes that, and forgets the proxies. Neither removing containers nor networks frees the ports.
"""

from collections.abc import Awaitable, Callable, Sequence

from structlog.typing import FilteringBoundLogger

from tarsd.errors import JobFailed, PortUnavailable
from tarsd.host.containers import Containers
from tarsd.host.docker_unit import UNIT, DockerUnit
from tarsd.host.listeners import Listener, Listeners

Place = tuple[str, int]
"""Address and TCP port."""

Say = Callable[[str], None]


class HeldPorts:
    """Restarts Docker for them, if nobody but the stack runs on it: with anything else on it, that is its owner's to decide.

    The same goes for live-restore, which keeps containers running and still cuts off whoever builds, pulls or watches.
    That somebody only builds or pulls, the Engine does not tell: it is cut off, and can be made again.
    """

    def __init__(
        self,
        listeners: Listeners,
        containers: Containers,
        unit: DockerUnit,
        settled: Callable[[], Awaitable[None]],
        log: FilteringBoundLogger,
    ) -> None:
        self._listeners = listeners
        self._containers = containers
        self._unit = unit
        self._settled = settled
        self._log = log

    async def left_over(self, places: Sequence[Place]) -> list[int]:
        """Which of these ports docker.service holds for nobody. Raises JobFailed and what DockerApi raises."""
        found = [it for it in await self._listeners.all() if _for_nobody(it)]
        return sorted({port for at, port in places if any(it.holds(at, port) for it in found)})

    async def free(self, ports: Sequence[int], say: Say) -> str | None:
        """Restart Docker and wait until it has settled; None if so, else in words why it was not done."""
        others = await self._containers.others()
        if others:
            return f"tarsd does not restart Docker, for {_listed(others)} runs on it"
        held = f"port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}"
        say(f"restarting Docker, which holds {held} for a container that is gone")
        try:
            await self._unit.restart()
        except JobFailed as error:
            self._log.error("docker.unrestarted", message=error.message)
            return error.message
        await self._settled()
        say(f"restarted Docker, which held {held} for a container that was gone")
        message = f"restarted Docker, which held {held} for a container that was gone; nothing else ran on it"
        self._log.warning("docker.restarted", message=message)
        return None

    async def mend(self, held: PortUnavailable, say: Say) -> None:
        """Free the port that Compose stumbled over, or raise the same again, with the reason why it stays."""
        try:
            found = await self._listeners.all()
        except JobFailed as error:
            raise held.because(error.message) from error
        holders = [it for it in found if it.holds(held.address, held.port)]
        # Without the userland proxy there is no process, only what the Engine has noted.
        unseen = held.by_docker and not holders
        if not unseen and not any(_for_nobody(it) for it in holders):
            raise held
        why = await self.free([held.port], say)
        if why is not None:
            raise held.because(why) from held


def _for_nobody(it: Listener) -> bool:
    return it.left_over and it.unit == UNIT


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"container {names[0]}{more}"
