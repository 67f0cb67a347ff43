"""Whether the file server answers: a connection and the first words of its protocol, each with a deadline.

Safe for the daemon itself: nothing in here goes through the mount, so nothing can hang in the kernel.
"""

import asyncio
from functools import partial

from tarsd.host.blocking import Asker
from tarsd.host.conversation import Address, conversation
from tarsd.host.dial import Unresolved, look_up
from tarsd.host.nas import wire
from tarsd.host.nas.network import no_port
from tarsd.host.nas.refusal import Refusal
from tarsd.nas_source import Source

NAME_SECONDS = 6.0
"""One lost packet (5 s, resolv.conf(5)) and a second try."""

ANSWER_SECONDS = 4.0
"""For connection and answer together, with two lost packets (1 s and 2 s, RFC 6298)."""

PAUSE = 2.0
"""Seconds before a second try: one failure is none."""


class FileServer:
    """One question to the resolver at a time: one that hangs costs one thread."""

    def __init__(self) -> None:
        self._resolver = Asker("nas-name")

    async def trouble(self, source: Source, *, nfs3: bool) -> Refusal | None:
        """Why it does not answer, asked twice; None if it does. At most half a minute."""
        if await self._once(source, nfs3) is None:
            return None
        await asyncio.sleep(PAUSE)
        return await self._once(source, nfs3)

    async def _once(self, source: Source, nfs3: bool) -> Refusal | None:
        try:
            look = partial(look_up, source.host, source.port)
            addresses = await self._resolver.ask(look, NAME_SECONDS)
        except Unresolved as error:
            return _unknown(source, str(error))
        except asyncio.TimeoutError:
            return _unknown(source, "the name servers do not answer")
        found: Refusal | None = None
        for address in addresses:
            found = await _ask(Address(address, source.port), source, nfs3)
            if found is None:
                return None
        return found


async def _ask(address: Address, source: Source, nfs3: bool) -> Refusal | None:
    version = 3 if nfs3 else 4
    hello = wire.smb2_hello() if source.kind == "cifs" else wire.nfs_hello(version)
    connected = asyncio.Event()
    try:
        answer = await asyncio.wait_for(_exchange(address, hello, connected), ANSWER_SECONDS)
    except asyncio.TimeoutError:
        return (
            _silent(source) if connected.is_set() else no_port(source, source.port, TimeoutError())
        )
    except OSError as error:
        return no_port(source, source.port, error)
    return None if _speaks(answer, source, version) else _foreign(source)


def _speaks(answer: bytes, source: Source, version: int) -> bool:
    if source.kind == "cifs":
        return wire.smb_answer(answer) != "other"
    return wire.nfs_answer(answer, version) is not None


async def _exchange(address: Address, hello: bytes, connected: asyncio.Event) -> bytes:
    """The beginning of the answer; empty where the server hangs up."""
    async with conversation(address) as (reader, writer):
        connected.set()
        writer.write(hello)
        return await reader.read(4096)


def _unknown(source: Source, why: str) -> Refusal:
    return Refusal(
        "name", f"cannot find {source.host}: {why}", f"getent hosts {source.host}; ip route"
    )


def _silent(source: Source) -> Refusal:
    return Refusal(
        "slow",
        f"cannot talk to {source.host}: it takes the connection to port {source.port} and then says nothing for "
        f"{ANSWER_SECONDS:.0f} s; it is frozen or overloaded",
        "restart the NAS",
    )


def _foreign(source: Source) -> Refusal:
    protocol = "SMB 2 or 3" if source.kind == "cifs" else "NFS"
    return Refusal(
        "not-a-file-server",
        f"cannot talk to {source.host}: what answers on port {source.port} does not speak {protocol}",
        f"getent hosts {source.host}; is that the NAS?",
    )
