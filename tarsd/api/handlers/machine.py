"""/v1/version and /v1/status"""

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tarsd.api.route import Call
from tarsd.observe.model import Status
from tarsd.version import VERSION


class MachineHandlers:
    """The daemon and the machine it looks after."""

    def __init__(self, status: Callable[[], Awaitable[Status]]) -> None:
        self._status = status
        self._started = time.monotonic()

    async def version(self, _: Call) -> dict[str, Any]:
        """The daemon's version, pid and uptime."""
        uptime = round(time.monotonic() - self._started, 1)
        return {"version": VERSION, "pid": os.getpid(), "uptime_seconds": uptime}

    async def status(self, _: Call) -> Status:
        """The status, asked now."""
        return await self._status()
