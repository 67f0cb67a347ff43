"""Messages to channels, each by a job that ends with it: what speaks to the outside holds no rights and no memory."""

import asyncio
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tarsd.errors import ChannelWrong, JobFailed
from tarsd.host.blocking import Asker
from tarsd.host.files import make_directory, write_atomic
from tarsd.host.own_jobs import OwnJobs

DEADLINE = 45.0
"""Seconds for one message: the job's own patience with one request is 15 s, and a channel may need a few."""

PATIENCE = 2.0
"""Seconds for a disk to answer."""

LONGEST_ADDRESS = 2000
"""Characters."""

MEMORY = 192 * 1024 * 1024
"""Bytes; measured 52 MB with Apprise and all its plugins."""


@dataclass(frozen=True)
class Ended:
    """What became of a message; see in_job.deliver_answers. `unknown`: the job itself failed."""

    outcome: str
    why: str | None = None
    retry_after: float | None = None


class Carrier(Protocol):
    """Brings messages to channels."""

    async def carry(self, channel: str, told: dict[str, Any], message: str | None = None) -> Ended:
        """Try once. Raises nothing."""
        ...

    async def receipts(self) -> Collection[str]:
        """The messages that are known to have arrived."""
        ...

    async def forget(self, message: str) -> None:
        """Its receipt is not needed any more."""
        ...


class Delivery:
    """`addresses` holds one file for each channel, `receipts` one for each message that was taken."""

    def __init__(self, own_jobs: OwnJobs, addresses: Path, receipts: Path) -> None:
        self._jobs = own_jobs
        self._addresses = addresses
        self._receipts = receipts
        self._asker = Asker("alerts")

    async def carry(self, channel: str, told: dict[str, Any], message: str | None = None) -> Ended:
        """See Carrier."""
        given = {**told, "address": str(self._file(channel))}
        rights: dict[str, tuple[str, object]] = {}
        if message is not None:
            given["receipt"] = str(self._receipts / message)
            rights["ReadWritePaths"] = ("as", [f"-{self._receipts}"])
        try:
            with suppress(asyncio.TimeoutError, OSError):  # then it is sent without a receipt
                await self._asker.ask(partial(make_directory, self._receipts), PATIENCE)
            found = await self._jobs.ask("deliver", given, deadline=DEADLINE, rights=rights, memory=MEMORY)  # fmt: skip
        except JobFailed as error:
            return Ended("unknown", error.message)
        return Ended(found["outcome"], found["why"], found["retry_after"])

    async def receipts(self) -> Collection[str]:
        """See Carrier."""
        try:
            return await self._asker.ask(self._list, PATIENCE)
        except (asyncio.TimeoutError, OSError):
            return ()  # what is not known to have arrived is sent again, and says so

    async def forget(self, message: str) -> None:
        """See Carrier."""
        path = self._receipts / message
        with suppress(asyncio.TimeoutError, OSError):  # one file of a few bytes is left
            await self._asker.ask(partial(path.unlink, missing_ok=True), PATIENCE)

    async def has(self, channel: str) -> bool:
        """Whether it has an address; also where that cannot be told."""
        try:
            return await self._asker.ask(self._file(channel).exists, PATIENCE)
        except (asyncio.TimeoutError, OSError):
            return True

    async def keep(self, channel: str, address: str) -> None:
        """Give it an address. Raises OSError, asyncio.TimeoutError."""
        await self._asker.ask(lambda: self._write(channel, address), DEADLINE)

    async def check(self, channel: str, kind: str, address: str) -> None:
        """Raises ChannelWrong where no message could be sent to such an address; nobody is asked."""
        if not address.isprintable() or len(address) > LONGEST_ADDRESS:
            raise ChannelWrong(f"cannot take the address of {channel}: it must be one line")
        if kind != "apprise" and not re.match(r"https?://[^/\s]+", address):
            raise ChannelWrong(
                f"cannot take the address of {channel}: it must begin with http:// or https://"
            )
        if kind == "apprise":
            given = {"kind": "look", "text": address}
            found = await self._jobs.ask("deliver", given, deadline=DEADLINE, memory=MEMORY)
            if found["outcome"] != "sent":
                raise ChannelWrong(f"cannot take the address of {channel}: {found['why']}")

    def _file(self, channel: str) -> Path:
        return self._addresses / f"{channel}.url"

    def _list(self) -> Collection[str]:
        return [path.name for path in self._receipts.iterdir()] if self._receipts.is_dir() else []

    def _write(self, channel: str, address: str) -> None:
        make_directory(self._addresses)
        write_atomic(self._file(channel), address + "\n", mode=0o600)
