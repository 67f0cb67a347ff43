"""Redis: a value is written, read and deleted, as its clients do it."""

import secrets
from dataclasses import dataclass

from tarsd.host.conversation import Address
from tarsd.host.probes.probe import DEEP_DEADLINE, ReadSecret, timed
from tarsd.host.probes.redis_session import signed_in

PREFIX = "tars-home:scratch:"
"""How the keys begin that are ours."""

KEPT = 60_000
"""Milliseconds after which Redis itself deletes what was written, should nobody be there to do it."""


@dataclass(frozen=True)
class RedisScratch:
    """A PING proves that it listens: full, a replica, or unable to save, it still refuses every write."""

    address: Address
    password: ReadSecret | None
    deadline: float = DEEP_DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._talk(), self.deadline)

    async def _talk(self) -> None:
        key, value = PREFIX + secrets.token_hex(8), secrets.token_hex(16)
        async with signed_in(self.address, self.password) as session:
            await session.expect("+OK", "SET", key, value, "PX", str(KEPT), "NX")
            await session.expect(f"${value}", "GET", key)
            await session.expect(":1", "DEL", key)
