"""Tells at once when something was mounted or unmounted; while nothing is, it wakes nobody up."""

import asyncio
import select
from collections.abc import Callable
from pathlib import Path

from tarsd.host import mounts

SETTLE = 0.2
"""Seconds: the start of one container mounts a handful of things; the table is read once for all of them."""


class MountWatch:
    """`look` reads the table and returns what it cares about; `tell` is called when that is not what it was.

    The kernel tells of a change of the table by POLLPRI and POLLERR on it (proc(5)), and calls it readable all the time. The
    loop only waits for what is readable, so it waits for an epoll of its own, which in turn waits for POLLPRI alone.
    """

    def __init__(
        self,
        look: Callable[[], object],
        tell: Callable[[], None],
        table: Path = mounts.INIT,
    ) -> None:
        self._look = look
        self._tell = tell
        self._table = table
        self._stirred = asyncio.Event()

    async def run(self) -> None:
        """For ever. Raises OSError where the table cannot be opened or watched."""
        with self._table.open("rb") as table, select.epoll() as watch:
            watch.register(table, select.EPOLLPRI)
            loop = asyncio.get_running_loop()
            loop.add_reader(watch.fileno(), self._stir, watch)
            try:
                await self._follow()
            finally:
                loop.remove_reader(watch.fileno())

    async def _follow(self) -> None:
        last = self._look()  # once it is watched, or what happens in between would be missed
        while True:
            await self._stirred.wait()
            await asyncio.sleep(SETTLE)
            self._stirred.clear()
            now = self._look()
            if now != last:
                last = now
                self._tell()

    def _stir(self, watch: select.epoll) -> None:
        watch.poll(0)  # being asked is what makes the kernel take the word as told
        self._stirred.set()
