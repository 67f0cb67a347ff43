"""Whether a server's port opens, asked without ever holding up the loop.

Not by the job that asks for registries (`network`): this is a part of an answer within 2 s, which a job may take to start.
"""

import asyncio
from functools import partial

from tarsd.host.blocking import Asker
from tarsd.host.conversation import Address, conversation
from tarsd.host.dial import Unresolved, look_up


class Reach:
    """One question to the resolver at a time: one that hangs costs one thread, which the daemon's end does not wait for."""

    def __init__(self) -> None:
        self._resolver = Asker("resolve")

    async def trouble(self, host: str, port: int, deadline: float) -> str | None:
        """Why `port` of `host` does not open within `deadline` seconds; None if it does."""
        try:
            return await asyncio.wait_for(self._trouble(host, port, deadline), deadline)
        except asyncio.TimeoutError:
            return f"{host} does not answer on port {port} within {deadline} s"

    async def _trouble(self, host: str, port: int, deadline: float) -> str | None:
        try:
            addresses = await self._resolver.ask(partial(look_up, host, port), deadline)
        except Unresolved as error:
            return f"{host}: {error}"
        told: str | None = None
        for address in addresses:
            try:
                async with conversation(Address(address, port)):
                    return None
            except OSError as error:
                told = f"{host} does not take connections to port {port}: {error.strerror or error}"
        return told
