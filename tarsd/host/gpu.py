"""NVIDIA cards as the kernel shows them, and whether the Engine can hand them on; no NVML, no waking of a sleeping card."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tarsd.errors import HostSilent
from tarsd.host.blocking import Asker
from tarsd.host.docker_api import DockerApi

DEADLINE = 3.0
"""Seconds for a driver to let its files be read; it takes milliseconds unless it is wedged."""

LOOKED = 60.0
"""Seconds for which it is known whether there is a card: one in a Thunderbolt box may come and go."""

T = TypeVar("T")

_NVIDIA = "0x10de"
_DISPLAY = re.compile(r"0x03")
"""PCI class: display controller (3D controllers included)."""


@dataclass(frozen=True)
class Gpu:
    """One card; `driver` is None while no driver has it."""

    name: str
    driver: str | None
    message: str | None


class Gpus:
    """Reads sysfs and /proc/driver/nvidia: a few small files, nothing on a machine without such a card."""

    def __init__(self, docker: DockerApi, root: Path = Path("/")) -> None:
        self._docker = docker
        self._devices = root / "sys/bus/pci/devices"
        self._proc = root / "proc/driver/nvidia"
        self._module = root / "sys/module/nvidia/version"
        self._asker = Asker("gpu")
        self._present: tuple[float, bool] | None = None

    @property
    def present(self) -> bool:
        """Whether there is a card, driver or not, known for a minute: what the kernel keeps in memory, no card is asked."""
        now = time.monotonic()
        if self._present is None or now - self._present[0] > LOOKED:
            self._present = now, bool(self._addresses())
        return self._present[1]

    def loaded(self) -> str | None:
        """The version of the kernel module that is loaded; None if none is. The kernel keeps it in memory."""
        return _read(self._module) or None

    async def power(self, deadline: float = DEADLINE) -> Sequence[str]:
        """Of each card the kernel's word for whether it sleeps (`suspended`) or not (`active`, ...); no card is woken.

        Raises HostSilent.
        """
        return await self._ask(
            lambda: [
                _read(self._devices / it / "power/runtime_status") for it in self._addresses()
            ],
            deadline,
        )

    async def all(self, deadline: float = DEADLINE) -> list[Gpu]:
        """The NVIDIA cards on the PCI bus. Raises HostSilent where a wedged driver does not let its files be read."""
        return await self._ask(self._all, deadline)

    async def _ask(self, look: Callable[[], T], deadline: float) -> T:
        try:
            return await self._asker.ask(look, deadline)
        except asyncio.TimeoutError as error:
            raise HostSilent(
                f"cannot ask for the GPU: its driver has not answered for {deadline:g} s",
                fix="journalctl -k -n 30; then sudo reboot",
            ) from error

    async def usable(self) -> bool:
        """Whether there is a card with its driver and the Engine has NVIDIA's runtime or knows its CDI devices.

        Raises HostSilent: a stack rendered without the card would look like one that never had it.
        """
        if not any(card.driver for card in await self.all()):
            return False
        info = await self._docker.object("/info")
        devices: list[Mapping[str, Any]] = info.get("DiscoveredDevices") or []
        cdi = [str(device.get("ID", "")) for device in devices]
        return "nvidia" in (info.get("Runtimes") or {}) or any("nvidia.com/gpu" in it for it in cdi)

    def _all(self) -> list[Gpu]:
        addresses = self._addresses()
        driver = self._driver() if addresses else None
        return [self._card(address, driver) for address in addresses]

    def _addresses(self) -> list[str]:
        if not self._devices.is_dir():
            return []
        return sorted(
            device.name
            for device in self._devices.iterdir()
            if _read(device / "vendor") == _NVIDIA and _DISPLAY.match(_read(device / "class"))
        )

    def _driver(self) -> str | None:
        version = _read(self._proc / "version")
        match = re.search(r"Kernel Module\s+(?:for x86_64\s+)?([\d.]+)", version)
        return match[1] if match else None

    def _card(self, address: str, driver: str | None) -> Gpu:
        text = _read(self._proc / "gpus" / address / "information")
        model = re.search(r"^Model:\s*(.+)$", text, re.MULTILINE)
        if driver is None:
            return Gpu(f"NVIDIA card {address}", None, "no driver is loaded")
        return Gpu(model[1].strip() if model else f"NVIDIA card {address}", driver, None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
