"""Whether units come up with the machine, as systemd tells it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from tarsd.errors import HostSilent
from tarsd.host import systemd

DEADLINE = 6.0
"""Seconds; systemd answers in milliseconds unless it is stuck."""


class Units:
    """Asks off the loop, one question at a time; the conversation ends by itself within its own deadline."""

    def __init__(
        self, ask: Callable[[Sequence[str]], Mapping[str, str]] = systemd.unit_file_states
    ) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="units")

    async def states(self, names: Sequence[str]) -> Mapping[str, str]:
        """systemd's word for each: `enabled`, `disabled`, `masked`, `static`, ...; none for one that is not there.

        Raises HostSilent, JobFailed.
        """
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(
                loop.run_in_executor(self._thread, self._ask, names), DEADLINE
            )
        except asyncio.TimeoutError as error:
            raise HostSilent(
                "cannot tell which units come up with the machine: systemd does not answer",
                fix="systemctl is-system-running",
            ) from error
