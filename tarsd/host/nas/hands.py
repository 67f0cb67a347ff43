"""Mounting the share of a setup, and mounting it anew where it is stale; believed is only what the kernel then shows."""

from collections.abc import Callable

from tarsd.errors import JobFailed
from tarsd.host.nas.mount_units import MountUnits
from tarsd.host.nas.sight import Sight
from tarsd.host.nas.unit import unit_name
from tarsd.nas_source import Source, parse
from tarsd.settings import Nas, Settings


class MountHands:
    """See catalogue.remedy.NasHands. A mount of the owner's own is never touched, whoever asks."""

    def __init__(
        self,
        units: MountUnits,
        sight: Sight,
        settings: Callable[[], Settings],
        told: Callable[[], None],
    ) -> None:
        """`told` is called after each try: why one was refused is asked at once."""
        self._units = units
        self._sight = sight
        self._settings = settings
        self._told = told

    async def mount(self) -> None:
        """Within a minute."""
        path, _ = self._ours()
        await self._mount(path)

    async def remount(self) -> None:
        """Within three minutes. Where the NAS does not answer now, nothing is unmounted."""
        path, source = self._ours()
        if (trouble := await self._sight.trouble(source)) is not None:
            raise JobFailed(
                f"cannot mount {source.text} anew: {trouble.message}; nothing was unmounted",
                fix=trouble.fix,
            )
        if await self._units.read(path) is None:
            raise JobFailed(
                f"cannot mount {source.text} anew: there is no mount unit of ours for {path}",
                fix=f"sudo tarsctl nas setup {source.typed}",
            )
        self._sight.remounting = True  # for that long it is nobody's fault that nothing is mounted
        try:
            await self._units.stop(path)
            await self._start(path)
        finally:
            self._sight.remounting = False
            self._sight.forget()
            self._told()

    async def _mount(self, path: str) -> None:
        try:
            await self._start(path)
        finally:
            self._told()

    async def _start(self, path: str) -> None:
        word = await self._units.start(path)
        found = self._units.mounted(path)
        if found is None or not found.is_network:
            raise JobFailed(
                f"cannot mount at {path}: systemd says {word!r}, and the kernel shows no share there",
                fix=f"journalctl -n 20 -u '{unit_name(path)}'; sudo tarsctl nas test",
            )

    def _ours(self) -> tuple[str, Source]:
        nas: Nas = self._settings().nas
        if nas.path is None or nas.source is None or not nas.enabled:
            raise JobFailed(
                "cannot mount the NAS: none was set up with tarsctl nas setup",
                fix="tarsctl nas status",
            )
        return nas.path, parse(nas.source)
