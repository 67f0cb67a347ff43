"""Whether the Engine or the whole machine is being stopped, as systemd tells it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tarsd.errors import HostSilent
from tarsd.host import systemd

DEADLINE = 6.0
"""Seconds; systemd answers in milliseconds unless it is stuck."""

ENGINE = "docker.service"


class Shutdown:
    """Asks off the loop, one question at a time; the conversation ends by itself within its own deadline."""

    def __init__(self, ask: Callable[[str], bool] = systemd.stopping) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shutdown")

    async def under_way(self) -> bool:
        """Whether docker.service or the host is stopping. Raises HostSilent, JobFailed."""
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._thread, self._ask, ENGINE)
        try:
            return await asyncio.wait_for(asked, DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                "cannot tell whether the Engine is being stopped: systemd does not answer",
                fix="systemctl is-system-running",
            ) from error
