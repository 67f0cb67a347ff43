"""What may be done about a disk that fills up, and what must not be done on one that cannot be written to."""

from tarsd import sizes
from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy

UNWRITABLE = ("fs.read-only", "disk.dying", "disk.full")
"""Faults of the disk under Docker that a start or a restart of anything makes worse: it would not come up again."""


def unwritable(world: World) -> str | None:
    """The fault of Docker's disk for which nothing may be started or restarted on it; None if there is none.

    That of another disk, as where only the state lies, keeps no service from its work.
    """
    root = world.engine.docker_root if world.engine is not None else None
    for finding in world.known:
        here = finding.id in UNWRITABLE and finding.subject == root
        if here and finding.status is Status.FAIL:
            return f"{finding.id} of {root}"
    return None


class PruneDocker(Remedy):
    """Remove what nobody can miss: nameless images that no container and no generation uses, and old build cache.

    Never a volume, never a log, never what has a name. It costs nothing of the budget: it saves data.
    """

    id = "disk.prune"
    protects = True

    def fits(self, world: World, finding: Finding) -> bool:
        """Only for the file system that Docker's directory is on: elsewhere it would free nothing."""
        return world.engine is not None and finding.subject == world.engine.docker_root

    def guard(self, world: World, finding: Finding) -> str | None:
        """It is the Engine's to do; on a file system that is read-only nothing can be removed."""
        if world.engine is None or not world.engine.answers:
            return "the Docker Engine does not answer"
        known = {it.id for it in world.known if it.status is Status.FAIL}
        return "its file system is read-only" if "fs.read-only" in known else None

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "remove nameless images and old build cache"

    async def do(self, hands: Hands, finding: Finding) -> str:
        """See Remedy."""
        freed = await hands.disk.prune()
        if not freed.images and freed.bytes < sizes.MB:
            return "there was nothing that may go"
        images = f"{freed.images} image" + ("" if freed.images == 1 else "s")
        return f"{images} removed, {sizes.words(freed.bytes)} more free"
