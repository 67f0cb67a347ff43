"""What may be done about data: kept, and only by its owner's word changed."""

from tarsd.catalogue.check import Finding
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind
from tarsd.catalogue.service_remedies import Start, StopLoop
from tarsd.catalogue.views import ServiceView


class StopAndKeep(StopLoop):
    """Stop what cannot read its files, and copy them before anybody tries to mend them."""

    id = "data.keep"
    protects = True

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"stop {finding.subject}, and keep a copy of its data"

    def suits(self, view: ServiceView) -> bool:
        """In whatever state: it may have been stopped already."""
        return view.container is not None

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.stop(finding.subject)
        await hands.data.keep_files(finding.subject)


class RepairAof(Start):
    """Let redis-check-aof cut off what cannot be read; for a cache only, and with its owner's yes."""

    id = "redis.repair-aof"
    kind = Kind.CONFIRM

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"cut off the damaged end of {finding.subject}'s append-only file, of which a copy is kept, and start it"

    def suits(self, view: ServiceView) -> bool:
        """What its label calls a cache, and what does not run."""
        return view.service.role == "cache" and super().suits(view)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.data.repair_aof(finding.subject)


class StartWithRoom(Start):
    """Start it where its disk has room again."""

    id = "service.start-with-room"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.data.start_with_room(finding.subject)
