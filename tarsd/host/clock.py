"""Whether the machine's clock is kept right, as systemd-timedated tells it: the kernel's word, whoever keeps it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tarsd.errors import HostSilent
from tarsd.host import systemd

DEADLINE = 6.0
"""Seconds: systemd-timedated is started by the question itself."""


@dataclass(frozen=True)
class TimeSync:
    """`synchronised`: the kernel's own flag; `service`: systemd keeps the time, or is to."""

    synchronised: bool
    service: bool


def ask_timedated() -> TimeSync:
    """Read both properties; blocks. Raises JobFailed where the bus or timedated does not answer."""
    return TimeSync(*systemd.timedate("NTPSynchronized", "NTP"))


class Clock:
    """Asks off the loop, one question at a time; the conversation ends by itself within its deadline."""

    def __init__(self, ask: Callable[[], TimeSync] = ask_timedated) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="timedate")

    async def sync(self) -> TimeSync:
        """Ask now. Raises HostSilent, JobFailed."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._thread, self._ask), DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                "cannot tell whether the clock is synchronised: systemd-timedated does not answer",
                fix="timedatectl",
            ) from error
