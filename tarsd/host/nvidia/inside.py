"""The container's own view of the cards: what `nvidia-smi -L` says in it, run by the Engine."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.containers import Container
from tarsd.host.docker_api import RESTART, DockerApi

DEADLINE = 15.0
"""Seconds; nvidia-smi takes 0.1 to 3. In the container it is ended a little earlier, unless it hangs in the driver."""

KEPT = 240.0
"""Seconds for which a view is good: the checks share it, and ask every five minutes."""

ENDED = 1.0
"""Seconds that the Engine is given to know of an end whose output it has told already."""

LARGEST = 16_384
"""Bytes of its output; a card is a line of about 80."""

COMMAND = (
    "sh",
    "-c",
    "ls -d /dev/nvidia[0-9]* 2>/dev/null; exec timeout -k 1 12 nvidia-smi -L 2>&1",
)


@dataclass(frozen=True)
class View:
    """`cards`: how many it sees. `devices`: the device files that it was given. `said`: what there is instead of cards.

    `tool`: whether it has nvidia-smi, which comes with the card. `hung`: it has not come to an end.
    """

    cards: int
    devices: tuple[str, ...] = ()
    said: str = ""
    tool: bool = True
    hung: bool = False

    @property
    def lost(self) -> bool:
        """Whether it was given a card and cannot use it any more."""
        return self.cards == 0 and self.tool


class Inside:
    """One question at a time; where one hangs in the driver, no other is asked in that container."""

    def __init__(self, docker: DockerApi) -> None:
        self._docker = docker
        self._hung: dict[str, str] = {}
        self._known: dict[str, tuple[float, View]] = {}
        self._forgotten = 0
        self._lock = asyncio.Lock()

    def forget(self) -> None:
        """Something has happened: what is known is not good any more, nor what is being asked just now."""
        self._known.clear()
        self._forgotten += 1

    async def look(self, container: Container) -> View:
        """What this start of it sees, or saw less than KEPT seconds ago. Raises EngineUnavailable, EngineRefused."""
        start = f"{container.id} {container.started}"
        async with self._lock:
            now = asyncio.get_running_loop().time()
            at, view = self._known.get(start, (-KEPT, None))
            if view is None or now - at >= KEPT:
                forgotten = self._forgotten
                view = await self._look(container.id)
                if forgotten == self._forgotten:
                    self._known = {**_fresh(self._known, now), start: (now, view)}
            return view

    async def _look(self, container_id: str) -> View:
        if await self._still_hangs(container_id):
            return View(0, said="nvidia-smi hangs in it", hung=True)
        return await self._ask(container_id)

    async def _still_hangs(self, container_id: str) -> bool:
        earlier = self._hung.get(container_id)
        if earlier is None:
            return False
        with suppress(EngineRefused):  # the Engine has forgotten it: the container has ended since
            if (await self._docker.object(f"/exec/{earlier}/json")).get("Running"):
                return True
        del self._hung[container_id]
        return False

    async def _ask(self, container_id: str) -> View:
        made = await self._docker.post(
            f"/containers/{container_id}/exec",
            body={"Cmd": list(COMMAND), "AttachStdout": True, "AttachStderr": True, "Tty": False},
        )
        number = str(cast("Mapping[str, Any]", made or {}).get("Id", ""))
        try:
            said = await asyncio.wait_for(self._output(number), DEADLINE)
        except asyncio.TimeoutError:
            self._hung = {container_id: number}  # of older containers nothing is asked any more
            return View(0, said=f"nvidia-smi has not answered for {DEADLINE:.0f} s", hung=True)
        return read(said, await self._status(number))

    async def _status(self, number: str) -> int:
        """How it ended. Raises EngineUnavailable where it has not, though its output has."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ENDED
        while True:
            told = await self._docker.object(f"/exec/{number}/json")
            status = told.get("ExitCode")
            if not told.get("Running") and isinstance(status, int):
                return status
            if loop.time() >= until:
                raise _cut_off()
            await asyncio.sleep(ENDED / 10)

    async def _output(self, number: str) -> str:
        """What it wrote, without the headers in which the Engine tells its two outputs apart.

        Raises EngineUnavailable where that breaks off in the middle: cards that it does not name may be there.
        """
        body: Mapping[str, Any] = {"Detach": False, "Tty": False}
        raw = bytearray()
        try:
            async with self._docker.stream("POST", f"/exec/{number}/start", {}, body) as response:
                while len(raw) < LARGEST and (header := await _header(response)):
                    raw += await response.content.readexactly(int.from_bytes(header[4:], "big"))
        except asyncio.IncompleteReadError as error:
            raise _cut_off() from error
        return raw.decode(errors="replace")


async def _header(response: aiohttp.ClientResponse) -> bytes:
    """Of the next piece; empty at the end. Raises asyncio.IncompleteReadError."""
    try:
        return await response.content.readexactly(8)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""


def _cut_off() -> EngineUnavailable:
    return EngineUnavailable(
        "cannot tell what a container sees of its cards: what nvidia-smi says in it was cut off",
        fix=RESTART,
    )


def _fresh(known: Mapping[str, tuple[float, View]], now: float) -> dict[str, tuple[float, View]]:
    return {start: it for start, it in known.items() if now - it[0] < KEPT}


def read(said: str, status: int) -> View:
    """From the device files, what nvidia-smi wrote, and how it ended."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    devices = tuple(line for line in lines if re.fullmatch(r"/dev/nvidia\d+", line))
    cards = sum(bool(re.match(r"GPU \d+: ", line)) for line in lines)
    rest = [line for line in lines if line not in devices and not line.startswith("GPU ")]
    words = " ".join(rest)[:200]
    if status in (124, 137):
        return View(0, devices, "nvidia-smi does not come to an end", hung=True)
    if status in (126, 127):
        return View(0, devices, words, tool=False)
    return View(cards if status == 0 else 0, devices, words or f"exit status {status}")
