"""The memory of the NVIDIA cards, asked only when somebody needs it: a card may sleep, and NVML wakes it."""

from collections.abc import Callable
from typing import Any, cast

from tarsd.errors import JobFailed
from tarsd.host.gpu import Gpus
from tarsd.host.own_jobs import OwnJobs

DEADLINE = 20.0
"""Seconds; NVML's start takes 0.1 to 3 s, the latter where no persistence daemon runs."""


class GpuMemory:
    """Costs nothing where there is no card with a driver, or none is `wanted` by the owner."""

    def __init__(self, gpus: Gpus, jobs: OwnJobs, wanted: Callable[[], bool]) -> None:
        self._gpus = gpus
        self._jobs = jobs
        self._wanted = wanted

    async def total(self) -> int | None:
        """Bytes of all cards together, among which the model server divides a model; None without a card.

        Raises JobFailed, GpuSilent where there is one and it cannot be asked.
        """
        if not self._wanted() or not any(card.driver for card in await self._gpus.all()):
            return None
        found = await self._jobs.ask("gpu-memory", deadline=DEADLINE)
        cards = cast("list[Any]", found) if isinstance(found, list) else []
        if not cards or not all(isinstance(card, int) for card in cards):
            raise JobFailed(f"cannot understand job gpu-memory: {found!r}")
        return sum(cards)
