"""NVIDIA's cards: the kernel's word, the driver's and the toolkit's."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from tarsd.operations.bundle.collectors.page import Part, Run, page, program, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere
from tarsd.operations.bundle.collectors.system import Read

NVIDIA = "0x10de"
"""Its vendor number on PCI."""


def gpu(run: Run, read: Read, root: Path = Path("/")) -> Collector:
    """A driver that hangs holds a program of its own only, which is left behind."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        if not await asyncio.to_thread(_has_card, root):
            raise NotHere("no NVIDIA card in this machine")
        yield File(
            "gpu/driver.txt",
            lambda: page(
                [
                    reading(read, root / "proc/driver/nvidia/version"),
                    reading(read, root / "proc/driver/nvidia/params"),
                    program(run, "lspci", "-nnk", "-d", "10de:"),
                    Part("devices", lambda: _devices(root)),
                    program(run, "nvidia-container-cli", "--version"),
                    program(run, "nvidia-ctk", "--version"),
                    program(run, "nvidia-ctk", "cdi", "list"),
                ]
            ),
        )
        yield File("gpu/nvidia-smi.txt", lambda: page([program(run, "nvidia-smi", "-q")]))

    return Collector(
        "gpu", "NVIDIA cards", "driver, devices, toolkit, and what nvidia-smi says of them", files
    )


def _has_card(root: Path) -> bool:
    vendors = (root / "sys/bus/pci/devices").glob("*/vendor")
    return any(path.read_text().strip() == NVIDIA for path in vendors)


async def _devices(root: Path) -> AsyncGenerator[bytes, None]:
    for path in await asyncio.to_thread(lambda: sorted((root / "dev").glob("nvidia*"))):
        yield f"{path}\n".encode()
