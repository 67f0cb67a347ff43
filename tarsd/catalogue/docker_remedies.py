"""What may be done about an Engine that does not answer."""

from collections.abc import Callable
from datetime import datetime, timezone

from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy

PATIENCE = 30.0
"""Seconds of silence before anything is done: systemd itself starts a Docker that died again after 2."""

LEAST_UP = 120.0
"""Seconds since its start before an Engine is restarted: with many containers it takes a while to answer."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class RestartEngine(Remedy):
    """Ask systemd to restart Docker, which stops the whole stack unless live-restore is on.

    The hands do it once an hour at most, and never to a Docker that its owner has stopped.
    """

    id = "docker.restart"
    disturbs = True

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        self._now = now

    def guard(self, world: World, finding: Finding) -> str | None:
        """An Engine that has only just started is given its time, and systemd its own restart of one that died."""
        view = world.engine
        if view is None or view.answers:
            return "the Engine answers"
        if view.leaving:
            return "systemd is stopping it, or its owner has stopped it"
        if view.silent < PATIENCE:
            return f"it has been silent for {view.silent:.0f} s only"
        if view.since is not None and (self._now() - view.since).total_seconds() < LEAST_UP:
            return "it has only just been started"
        return None

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "restart docker.service"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.restart_engine()
