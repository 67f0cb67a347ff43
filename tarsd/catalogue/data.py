"""What an install would do to data, asked before anything of it is done."""

from pathlib import Path

from tarsd.catalogue import data_words
from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.data_guard import DataGuard
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups
from tarsd.host.containers import Containers


class DataAtRisk(Check):
    """The stack as it would be, against where its data lies and what has written it."""

    id = data_words.AT_RISK
    subject = "data"
    after = ("docker.down", "compose.invalid", data_words.UNMOUNTED)
    deadline = 75.0
    vital = True
    about = About(
        what="An install would make a service anew in such a way that its data is lost, or left where nobody looks",
        seen="For each service that an install would make anew, its image and its volumes against those of the container "
        "there is: the data's path is mounted, PostgreSQL's major is that of the volume",
        why="What runs now is well, and the act itself would be the fault",
        we="The install is refused before anything is changed. Where only the image of a database changes, what it holds is "
        "kept first, and the act is refused where that cannot be (docs/backups.md)",
        you="Do what the finding says, or take the change of image or volume back in compose.override.yaml",
        commands=("sudo tarsctl install --dry-run",),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Ask the guard that every act asks; a backup is made by the install itself."""
        stack = await world.stack()
        guard = guard_of(world)
        found = await guard.judge(
            stack, sorted(stack["services"]), recreate=True, by="owner", backup=False
        )
        told = [
            self.fail(
                f"{it.id}: {it.summary}" if it.id != self.id else it.summary,
                it.fix,
                subject=it.subject,
            )
            for it in found
            if it.id != data_words.UNMOUNTED
        ]
        return told or [self.passed("an install changes nothing of where data lies")]


def guard_of(world: World) -> DataGuard:
    """The guard, on what a world has."""
    backups = Backups(Path(world.state) / "backups", lambda: world.settings.data)
    keeper = Keeper(world.docker, world.volumes, backups)
    containers = Containers(world.docker, world.project)
    return DataGuard(world.docker, containers, world.volumes, keeper)


CHECKS: tuple[Check, ...] = (DataAtRisk(),)
