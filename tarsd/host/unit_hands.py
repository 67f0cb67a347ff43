"""Hands for systemd's units: enabling is on record before it is done, so that it can be taken back."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from tarsd.errors import JobFailed
from tarsd.host import systemd
from tarsd.host.edits.record import Record
from tarsd.host.edits.runs import Run

DEADLINE = 120.0
"""Seconds for a unit to start or stop: systemd's own default is 90."""

T = TypeVar("T")


class Manager(Protocol):
    """What is asked of systemd; tarsd.host.systemd says what each promises. All of it blocks."""

    def unit_file_states(self, names: Sequence[str]) -> dict[str, str]: ...

    def set_enabled(self, name: str, *, enabled: bool) -> None: ...

    def reload(self) -> None: ...

    def move_unit(self, name: str, how: systemd.Move, deadline: float) -> str: ...


class SystemdUnits:
    """See catalogue.hands.UnitHands. `run` gives the directory of the run that the acts belong to."""

    def __init__(self, run: Callable[[], Run], manager: Manager = systemd) -> None:
        self._run = run
        self._manager = manager
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="unit")

    async def enable(self, name: str) -> None:
        """See UnitHands."""
        await self._in_thread(lambda: self._enable(name))

    async def disable(self, name: str) -> None:
        """Take an `enable` back. Raises JobFailed."""

        def act() -> None:
            self._manager.set_enabled(name, enabled=False)
            self._manager.reload()

        await self._in_thread(act)

    async def start(self, name: str) -> None:
        """See UnitHands."""
        await self._move(name, "start")

    async def restart(self, name: str) -> None:
        """See UnitHands."""
        await self._move(name, "restart")

    async def reload_or_restart(self, name: str) -> None:
        """See UnitHands."""
        await self._move(name, "reload-or-restart")

    def _enable(self, name: str) -> None:
        was = self._manager.unit_file_states([name]).get(name)
        if was is None:
            raise JobFailed(f"cannot enable {name}: systemd knows no such unit")
        if was.startswith("masked"):
            raise JobFailed(
                f"cannot enable {name}: it is masked", fix=f"sudo systemctl unmask {name}"
            )
        if was == "enabled":
            return
        try:
            Record(self._run().directory).add_enabled(name, was)
        except (OSError, ValueError) as error:
            raise JobFailed(
                f"cannot enable {name}: how it is cannot be kept first: {error}",
                fix="df -h /var/lib/tars-home",
            ) from error
        self._manager.set_enabled(name, enabled=True)
        self._manager.reload()

    async def _move(self, name: str, how: systemd.Move) -> None:
        end = await self._in_thread(lambda: self._manager.move_unit(name, how, DEADLINE))
        if end != "done":
            raise JobFailed(
                f"cannot {how} {name}: systemd says {end}",
                fix=f"systemctl status {name}; journalctl -u {name} -e",
            )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
