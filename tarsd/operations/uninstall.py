"""Takes the stack away: containers and networks; volumes only by the machine's own name, typed."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.errors import NoWayBack, VolumeInUse
from tarsd.host.blocking import whole
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.host.nas.credentials import PATTERN as NAS_CREDENTIALS
from tarsd.operations.apply import current
from tarsd.operations.starter import Starter
from tarsd.paths import Paths
from tarsd.store.intent import IntentStore


class DownTask:
    """Stops and removes containers and networks; undo brings them up again from the same generation and volumes."""

    kind = "down"
    version = 1

    def __init__(
        self,
        compose: Compose,
        containers: Containers,
        generations: Generations,
        starter: Starter,
        intent: IntentStore,
    ) -> None:
        self._compose = compose
        self._containers = containers
        self._generations = generations
        self._starter = starter
        self._intent = intent

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Compose down, without its volumes option; then networks that only earlier generations had.

        Result: `left`, the names of networks still in use.
        """
        generation = current(self._generations)
        for container in await self._containers.all():  # an Engine that is away is told here, too
            await self._starter.before_removing(container)
        step.task.memo["begun"] = True
        await step.remember()
        await self._compose.down(generation.compose_file)
        return {"left": await self._containers.remove_networks()}

    async def undo(self, step: Step) -> None:
        """Compose up, of what the owner wanted running."""
        if "begun" not in step.task.memo:
            return
        await self._containers.all()  # an Engine that is away is waited for
        await self._starter.bring_back(current(self._generations), await self._intent.all())


class PurgeTask:
    """Removes the stack's volumes, and then the secrets and generations that only they needed."""

    kind = "purge-data"
    version = 1

    def __init__(self, containers: Containers, generations: Generations, paths: Paths) -> None:
        self._containers = containers
        self._generations = generations
        self._paths = paths

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `removed`, volumes' names, and `kept`, what is left. Raises VolumeInUse before anything is removed.

        A volume that wears the stack's label and that no generation names is somebody's of another project of that name:
        nobody was asked about it. Secrets and generations stay, with a warning, where something may still have to be read
        with them.
        """
        known = await whole(self._generations.volumes)
        volumes = [it for it in await self._containers.volumes() if it in known or not known]
        for name in volumes:
            users = await self._containers.users_of(name)
            if users:
                raise VolumeInUse(
                    f"cannot remove volume {name}: container {users[0]} uses it",
                    fix=f"docker rm -f {users[0]}, if it is not needed",
                )
        removed: list[str] = step.task.memo.setdefault("removed", [])
        for number, name in enumerate(volumes):
            step.progress(number, len(volumes), "steps", f"removing volume {name}")
            removed.append(name)
            await step.remember()
            await self._containers.remove_volume(name)
        named = await whole(self._generations.naming, await self._containers.every_volume())
        kept = sorted({*named, *await self._containers.volumes()})
        told = {"removed": removed, "kept": kept}
        why = self._needed_for(kept, removed)
        if why is None:
            await whole(self._remove_files)
            return told
        return {**told, "verdict": "GO", "passed": len(removed), "warnings": [why.as_json()]}

    def _needed_for(self, kept: Sequence[str], removed: Sequence[str]) -> Finding | None:
        """Why secrets and generations are not removed: a volume that was restored by hand wears no label of the stack's, one
        of an earlier form of it is in no generation any more, and an Engine that started without its disk knows of none.
        """
        files = f"{self._paths.secrets} {self._paths.generations}"
        if kept:
            words = f"volumes that may not be the stack's alone stay, and so do the secrets: {', '.join(kept)}"
            fix = f"if they are not needed: sudo docker volume rm {' '.join(kept)}; sudo rm -r {files}"
        elif not removed and self._generations.any:
            words = "Docker has none of the stack's volumes, maybe for want of its disk, so the secrets stay"
            fix = f"docker info -f '{{{{.DockerRootDir}}}}'; if they are gone for good: sudo rm -r {files}"
        else:
            return None
        return Finding("secrets.kept", "secrets", Status.WARN, words, fix)

    def _remove_files(self) -> None:
        if self._paths.generations.exists():
            shutil.rmtree(self._paths.generations)
        for entry in self._paths.secrets.glob("*"):
            if entry.is_dir() and not entry.is_symlink():  # earlier values
                shutil.rmtree(entry)
            elif not entry.match(NAS_CREDENTIALS):  # the mount of the NAS is no part of the stack
                entry.unlink()
        with suppress(OSError):  # not empty, or gone already
            self._paths.secrets.rmdir()

    async def undo(self, step: Step) -> None:
        """There is none once a volume is gone: the stack is not started again on empty ones."""
        left = await self._containers.volumes()
        gone = [name for name in step.task.memo.get("removed", []) if name not in left]
        if gone:
            raise NoWayBack(
                f"cannot bring back {', '.join(gone)}: removed volumes are gone",
                fix="sudo tarsctl uninstall --purge-data, to finish; or restore a backup of yours",
            )


class ForgetTask:
    """Leaves no current generation and no recorded wishes; the generations stay as long as volumes do."""

    kind = "forget"
    version = 1

    def __init__(
        self, generations: Generations, containers: Containers, intent: IntentStore
    ) -> None:
        self._generations = generations
        self._containers = containers
        self._intent = intent

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `kept`, the volumes that stay."""
        if "before" not in step.task.memo:
            step.task.memo["before"] = self._generations.current_number()
            step.task.memo["wishes"] = dict(await self._intent.all())
            await step.remember()
        await whole(self._generations.make_current, None)
        await self._intent.forget()
        return {"kept": await self._containers.volumes()}

    async def undo(self, step: Step) -> None:
        """Make the generation current again, and the wishes the owner's."""
        if step.task.memo.get("before") is not None:
            await whole(self._generations.make_current, step.task.memo["before"])
            await self._intent.put_back(step.task.memo["wishes"], f"undo of: {step.change.summary}")


def plan(installed: bool, purge_data: bool) -> list[Planned]:
    """The tasks of an uninstall; data can be purged after the stack itself is gone, too."""
    down = Planned("down", "stop and remove containers and networks", {})
    forget = Planned("forget", "leave no current generation", {})
    purge = Planned("purge-data", "remove volumes, secrets and generations", {})
    return ([down, forget] if installed else []) + ([purge] if purge_data else [])
