"""Which containers have answered a probe of ours since they were started; in memory only, so a new daemon knows of none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tarsd.host.containers import Container

JUST = timedelta(seconds=5)
"""While a service starts it is asked each second."""


@dataclass(frozen=True)
class _Pass:
    container: str
    started: datetime | None
    at: datetime


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(timezone.utc)


class Passes:
    """One pass per service, the latest."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._latest: dict[str, _Pass] = {}

    def note(self, container: Container) -> None:
        """This start of the container has just answered."""
        self._latest[container.service] = _Pass(container.id, container.started, self._now())

    def answered(self, container: Container) -> bool:
        """Whether it runs, and this very start of it has answered."""
        found = self._latest.get(container.service)
        return (
            found is not None
            and container.state == "running"
            and (found.container, found.started) == (container.id, container.started)
        )

    def just_answered(self, container: Container) -> bool:
        """Whether it has within the last seconds: the gate of a start asks by itself, ahead of who asks on a period."""
        return (
            self.answered(container)
            and timedelta(0) <= self._now() - self._latest[container.service].at <= JUST
        )

    def outweighs_docker(self, container: Container) -> bool:
        """Whether that answer is the newest that is known: Docker has not asked since, so it still says `starting`."""
        if container.health != "starting" or not self.answered(container):
            return False
        asked = container.health_asked
        return asked is None or asked <= self._latest[container.service].at
