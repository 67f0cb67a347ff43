"""Docker's own service on this machine: restarted through systemd where nothing less helps, and seldom."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from tarsd.errors import JobFailed
from tarsd.host import systemd
from tarsd.host.files import write_atomic

UNIT = "docker.service"

LEAST_APART = 3600.0
"""Seconds between two restarts: what comes back sooner is not mended by a third."""

DEADLINE = 240.0
"""Seconds for the whole restart: a stop has systemd's 90 at most, and a start that reads a large store some more."""

LOOK_EVERY = 0.5

T = TypeVar("T")


class Service(Protocol):
    """What is asked of systemd. Both raise JobFailed."""

    def restart(self, name: str) -> None:
        """See tarsd.host.systemd.restart_unit."""
        ...

    def state(self, name: str) -> systemd.UnitState:
        """See tarsd.host.systemd.unit_state."""
        ...


class Systemd:
    """This machine's own."""

    def restart(self, name: str) -> None:
        """See Service."""
        systemd.restart_unit(name)

    def state(self, name: str) -> systemd.UnitState:
        """See Service."""
        return systemd.unit_state(name)


def since_boot() -> float:
    """Seconds, those of sleep included; nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class DockerUnit:
    """The time of the last restart is kept in a file under /run: it outlives tarsd, and a boot is a restart of its own."""

    def __init__(
        self,
        kept: Path,
        service: Service | None = None,
        now: Callable[[], float] = since_boot,
    ) -> None:
        self._kept = kept
        self._service = service or Systemd()
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="docker-unit")

    async def restart(self) -> None:
        """Return once systemd calls it started; the Engine may still be bringing up containers.

        Raises JobFailed: within LEAST_APART of the last time, where systemd refuses, where it has not come up.
        """
        await self._in_thread(self._claim)
        await self._in_thread(lambda: self._service.restart(UNIT))
        loop = asyncio.get_running_loop()
        end = loop.time() + DEADLINE
        while (state := await self._in_thread(lambda: self._service.state(UNIT))).moving:
            if loop.time() > end:
                raise _not_up(f"systemd is not through with it after {DEADLINE:.0f} s")
            await asyncio.sleep(LOOK_EVERY)
        if state.active != "active":
            raise _not_up(f"systemd calls it {state.active}")

    def _claim(self) -> None:
        """Note the restart before it is begun: one that was cut off counts."""
        try:
            ago = self._now() - float(self._kept.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            ago = LEAST_APART
        if ago < LEAST_APART:
            raise JobFailed(
                f"cannot restart {UNIT} again: tarsd did so {max(ago, 0) / 60:.0f} min ago",
                fix="sudo systemctl restart docker",
            )
        write_atomic(self._kept, f"{self._now():.0f}")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _not_up(reason: str) -> JobFailed:
    return JobFailed(
        f"cannot restart {UNIT}: {reason}", fix="systemctl status docker; journalctl -u docker -e"
    )
