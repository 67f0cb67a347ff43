"""What may be done about an Engine that does not answer, and about how it is set up."""

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, cast

from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.disk_remedies import unwritable
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.errors import JobFailed
from tarsd.host.docker_unit import UNIT
from tarsd.host.pressure import short_of

PATIENCE = 30.0
"""Seconds of silence before anything is done: systemd itself starts a Docker that died again after 2."""

LEAST_UP = 120.0
"""Seconds since its start before an Engine is restarted: with many containers it takes a while to answer."""

SHORT = 300.0
"""Seconds that a machine which is short of something excuses its Engine, as it does its services (engine/silence.py)."""

DAEMON_JSON = "/etc/docker/daemon.json"


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
        if (
            view.status == "hung"
            and view.silent < SHORT
            and (why := short_of(world.deep.pressure()))
        ):
            return f"it may be busy, for {why}"
        disk = unwritable(world)
        return f"it would not come up again: {disk}" if disk else None

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "restart docker.service"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.restart_engine()


class SetLiveRestore(Remedy):
    """Write live-restore into Docker's settings, and let Docker read them anew, which stops no container."""

    id = "docker.live-restore"
    kind = Kind.CONFIRM

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f'set "live-restore": true in {DAEMON_JSON}, and reload docker.service'

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy. Raises JobFailed also for settings that cannot be understood, and are left as they are."""
        was = await hands.files.read(DAEMON_JSON)
        settings = {**_settings(was), "live-restore": True}
        await hands.files.write(DAEMON_JSON, json.dumps(settings, indent=2) + "\n", was=was)
        await hands.units.reload_or_restart(UNIT)


def _settings(text: str | None) -> dict[str, Any]:
    try:
        found: object = json.loads(text) if text and text.strip() else {}
    except ValueError as error:
        raise JobFailed(
            f"cannot change {DAEMON_JSON}: it is no JSON: {error}", fix=f"sudoedit {DAEMON_JSON}"
        ) from error
    if not isinstance(found, dict):
        raise JobFailed(
            f"cannot change {DAEMON_JSON}: it holds no settings", fix=f"sudoedit {DAEMON_JSON}"
        )
    return cast("dict[str, Any]", found)
