"""Redis: AUTH and PING."""

from dataclasses import dataclass

from tarsd.host.conversation import Address
from tarsd.host.probes.probe import DEADLINE, ReadSecret, timed
from tarsd.host.probes.redis_session import signed_in


@dataclass(frozen=True)
class RedisProbe:
    """Whether Redis takes the password and answers a PING, which it refuses while it loads or cannot save.

    To be asked only while the service's container runs: whoever else listened there would be given the password.
    """

    address: Address
    password: ReadSecret | None
    deadline: float = DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._talk(), self.deadline)

    async def _talk(self) -> None:
        async with signed_in(self.address, self.password) as session:
            await session.expect("+PONG", "PING")
