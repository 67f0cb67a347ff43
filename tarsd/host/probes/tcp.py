"""TCP: whether anybody takes a connection."""

from dataclasses import dataclass

from tarsd.host.conversation import Address, conversation
from tarsd.host.probes.probe import DEADLINE, timed


@dataclass(frozen=True)
class TcpProbe:
    """Whether a connection is taken. The weakest of answers: only for services whose protocol is not known."""

    address: Address
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._connect(), self.deadline)

    async def _connect(self) -> None:
        async with conversation(self.address):
            pass
