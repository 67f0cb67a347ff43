"""A service that reads the NAS starts only with the NAS: on an empty directory it would look well and know nothing."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from tarsd.changes.model import Step
from tarsd.errors import JobFailed, NasAbsent
from tarsd.host.generations import Generation
from tarsd.host.nas.mount_units import MountUnits
from tarsd.settings import Nas, Settings

DEADLINE = 60.0
"""Seconds: after a power cut at home a NAS boots longer than this machine, and systemd has given up by then."""

LOOK_EVERY = 1.0


class NasGate:
    """Looks at mountinfo only; the share itself is not touched."""

    def __init__(self, units: MountUnits, settings: Callable[[], Settings]) -> None:
        self._units = units
        self._settings = settings

    async def wait(self, generation: Generation, services: Sequence[str], step: Step) -> None:
        """Return when the share is mounted, at once if none of the services reads it. Raises NasAbsent."""
        nas = self._settings().nas
        readers = [name for name in services if _reads(generation, name, nas)]
        if not readers or nas.path is None or self._is_there(nas):
            return
        loop = asyncio.get_running_loop()
        end = loop.time() + DEADLINE
        word = await self._try(nas)
        missing = f"{nas.source} is not mounted" if nas.source else "nothing is mounted"
        while not self._is_there(nas):
            left = end - loop.time()
            if left <= 0:
                raise NasAbsent(
                    f"cannot start {', '.join(readers)}: {missing} at {nas.path}"
                    + (f" (systemd says {word!r})" if word else ""),
                    fix="tarsctl nas status",
                )
            step.say(f"waiting for the NAS at {nas.path}, at most {left:.0f} s more")
            await asyncio.sleep(LOOK_EVERY)

    def _is_there(self, nas: Nas) -> bool:
        mount = None if nas.path is None else self._units.mounted(nas.path)
        # Without a source the mount is the owner's own, of whatever kind.
        return mount is not None and (mount.is_network or nas.source is None)

    async def _try(self, nas: Nas) -> str | None:
        """Mount what is ours once more: the NAS may have come up since the boot."""
        if nas.source is None or nas.path is None:
            return None
        try:
            return await self._units.start(nas.path)
        except JobFailed as error:
            return error.message


def _reads(generation: Generation, name: str, nas: Nas) -> bool:
    """Whether the service is given the parent of the mount point, as compose.nas.yaml does."""
    if nas.path is None or name not in generation.services:
        return False
    return str(Path(nas.path).parent) in generation.services[name].binds
