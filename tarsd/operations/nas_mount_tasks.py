"""The tasks that touch the machine's mounts: try, unmount the old, write the unit, mount."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import GenerationDamaged, NasRefused
from tarsd.host.generations import Generations
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.mount_units import MountUnits
from tarsd.host.nas.trial import Trials, Wanted, refused
from tarsd.host.nas.unit import unit_name, unit_text
from tarsd.settings import Settings


class NasTrialTask:
    """Tries the share before anything is touched; undo drops the credentials that came with the change."""

    kind = "nas-trial"
    version = 1

    def __init__(
        self, trials: Trials, files: CredentialFiles, settings: Callable[[], Settings]
    ) -> None:
        self._trials = trials
        self._files = files
        self._settings = settings

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: share, path. Result: `steps` and the `version` spoken. Raises NasRefused, JobFailed."""
        nas = self._settings().nas
        path: str = step.task.args["path"]
        taken = nas.source is not None and nas.path == path
        found = await self._trials.look(Wanted(**step.task.args["share"]), path, taken=taken)
        if (error := refused(found)) is not None:
            raise error
        return {"steps": found["steps"], "version": found["version"]}

    async def undo(self, step: Step) -> None:
        """The last of a change's undos: nothing refers to them any more."""
        name: str | None = step.task.args["share"]["credentials"]
        if name is not None and self._settings().nas.credentials != name:
            await self._files.drop(name)


class NasReleaseTask:
    """Unmounts what an earlier setup mounted; undo mounts it again, when all else is as it was."""

    kind = "nas-release"
    version = 1

    def __init__(self, units: MountUnits, settings: Callable[[], Settings]) -> None:
        self._units = units
        self._settings = settings

    async def do(self, step: Step) -> None:
        """Raises JobFailed where it stays mounted."""
        memo = step.task.memo
        if "path" not in memo:
            nas = self._settings().nas
            path = nas.path if nas.source is not None else None
            memo["path"] = path
            memo["mounted"] = path is not None and self._units.mounted(path) is not None
            await step.remember()
        if memo["mounted"] and memo["path"] is not None:
            await self._units.stop(str(memo["path"]))

    async def undo(self, step: Step) -> None:
        """Raises NasRefused where the NAS has gone meanwhile."""
        if step.task.memo.get("mounted"):
            await mount(self._units, step.task.memo["path"])


class NasUnitTask:
    """Writes the unit of the new mount and removes that of the old; undo puts the files back."""

    kind = "nas-unit"
    version = 1

    def __init__(
        self,
        units: MountUnits,
        files: CredentialFiles,
        generations: Generations,
        settings: Callable[[], Settings],
    ) -> None:
        self._units = units
        self._files = files
        self._generations = generations
        self._settings = settings

    async def do(self, step: Step) -> None:
        """Args: share, path; None removes. Raises JobFailed where a file there is not ours."""
        memo, path = step.task.memo, step.task.args["path"]
        if "old" not in memo:
            nas = self._settings().nas
            memo["old"] = nas.path if nas.source is not None else None
            memo["text"] = None if memo["old"] is None else await self._units.read(memo["old"])
            await step.remember()
        if memo["old"] is not None and memo["old"] != path:
            await self._remove(memo["old"])
        if path is not None:
            share = Wanted(**step.task.args["share"]).share(self._files)
            await self._units.write(path, unit_text(share, path))

    async def undo(self, step: Step) -> None:
        """The new file goes, the old one comes back, enabled as it was."""
        memo, path = step.task.memo, step.task.args["path"]
        if "old" not in memo:
            return
        if path is not None and path != memo["old"]:
            await self._remove(path)
        if memo["text"] is not None:
            await self._units.write(memo["old"], memo["text"])
        elif path is not None and path == memo["old"]:  # settings without a unit: as it was
            await self._remove(path)

    async def _remove(self, path: str) -> None:
        await self._units.write(path, None)
        await self._units.tidy(path, parent_too=not self._bound(str(Path(path).parent)))

    def _bound(self, directory: str) -> bool:
        """Whether containers may have it: it must then stay, or they would never see a later mount."""
        try:
            generation = self._generations.current()
        except GenerationDamaged:
            return True
        return generation is not None and any(
            directory in service.binds for service in generation.services.values()
        )


class NasMountTask:
    """Mounts, and believes only what the kernel then shows; undo unmounts."""

    kind = "nas-mount"
    version = 1

    def __init__(self, units: MountUnits) -> None:
        self._units = units

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: path. Result: `path`, `source`, `options`. Raises NasRefused."""
        step.task.memo["begun"] = True
        await step.remember()
        return await mount(self._units, step.task.args["path"])

    async def undo(self, step: Step) -> None:
        """Raises JobFailed where it stays mounted."""
        if "begun" in step.task.memo:
            await self._units.stop(step.task.args["path"])


async def mount(units: MountUnits, path: str) -> dict[str, Any]:
    """Start the unit; what is mounted then. Raises NasRefused where the kernel shows no share."""
    word = await units.start(path)
    found = units.mounted(path)
    if found is None or not found.is_network:
        raise NasRefused(
            f"cannot mount at {path}: systemd says {word!r}, and the kernel shows no share there",
            fix=f"journalctl -n 20 -u '{unit_name(path)}'; sudo tarsctl nas test",
            details={"reason": "unknown", "steps": []},
        )
    return {"path": path, "source": found.source, "options": list(found.options)}
