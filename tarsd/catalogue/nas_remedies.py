"""What may be done about the NAS: mount what a setup made, and mount it anew. A mount of the owner's own is left to him."""

from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy


class _OfASetup(Remedy):
    """Only where `tarsctl nas setup` made the mount."""

    def fits(self, world: World, finding: Finding) -> bool:
        """See Remedy."""
        return world.settings.nas.source is not None

    def guard(self, world: World, finding: Finding) -> str | None:
        """A change of the NAS mounts and unmounts itself."""
        return world.at_work(finding.subject)


class MountShare(_OfASetup):
    """Start the mount unit."""

    id = "nas.mount"

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "mount the share"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.nas.mount()


class MountOnceProved(MountShare):
    """Start the mount unit after a refusal, which is not risked before a test has worked: a NAS may lock its user out."""

    def guard(self, world: World, finding: Finding) -> str | None:
        """See Remedy."""
        if not world.nas.proved:
            return "what was refused is not tried once more before `tarsctl nas test` has worked"
        return super().guard(world, finding)


class Remount(_OfASetup):
    """Unmount it lazily and mount it again; whoever reads it meanwhile gets an error instead of hanging for ever."""

    id = "nas.remount"

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "unmount the share lazily and mount it again"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.nas.remount()
