"""Whether units come up with the machine, and stay up, as systemd tells it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tarsd.errors import HostSilent
from tarsd.host import systemd

DEADLINE = 6.0
"""Seconds; systemd answers in milliseconds unless it is stuck."""

T = TypeVar("T")


class Units:
    """Asks off the loop, one question at a time; the conversation ends by itself within its own deadline."""

    def __init__(
        self,
        ask: Callable[[Sequence[str]], Mapping[str, str]] = systemd.unit_file_states,
        count: Callable[[str], int] = systemd.restarts,
    ) -> None:
        self._ask = ask
        self._count = count
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="units")

    async def states(self, names: Sequence[str]) -> Mapping[str, str]:
        """systemd's word for each: `enabled`, `disabled`, `masked`, `static`, ...; none for one that is not there.

        Raises HostSilent, JobFailed.
        """
        return await self._in_thread(
            lambda: self._ask(names), "which units come up with the machine"
        )

    async def restarts(self, name: str) -> int:
        """How often systemd had to start it again by itself, since its owner started it. Raises HostSilent, JobFailed."""
        return await self._in_thread(lambda: self._count(name), f"how often {name} died")

    async def _in_thread(self, ask: Callable[[], T], what: str) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._thread, ask), DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                f"cannot tell {what}: systemd does not answer", fix="systemctl is-system-running"
            ) from error
