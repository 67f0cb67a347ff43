"""NVIDIA cards as the kernel's own files show them, on a machine that is a few directories."""

from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tarsd.host.gpu import DEADLINE, Gpu, Gpus
from tests.unit.fake_engine import FakeEngine

PROPRIETARY = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""
OPEN = """\
NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.16  Release Build  (dvs-builder)
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""
INFORMATION = """\
Model: \t\t NVIDIA GeForce RTX 4090
IRQ:   \t\t 152
GPU UUID: \t GPU-0f2f6d2e-2a1b-4f3c-9d5e-6a7b8c9d0e1f
"""


class Machine:
    """A root directory with PCI devices and, perhaps, a driver in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def device(self, address: str, vendor: str, kind: str) -> None:
        directory = self.root / "sys/bus/pci/devices" / address
        directory.mkdir(parents=True)
        (directory / "vendor").write_text(f"{vendor}\n")
        (directory / "class").write_text(f"{kind}\n")

    def driver(self, version: str, *cards: str) -> None:
        proc = self.root / "proc/driver/nvidia"
        for address in cards:
            (proc / "gpus" / address).mkdir(parents=True)
            (proc / "gpus" / address / "information").write_text(INFORMATION)
        proc.mkdir(parents=True, exist_ok=True)
        (proc / "version").write_text(version)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def cards(machine: Machine) -> list[Gpu]:
    return await Gpus(DockerApi("/nowhere"), machine.root).all(DEADLINE)


async def test_a_machine_without_pci_has_none(machine: Machine) -> None:
    assert await cards(machine) == []


async def test_only_nvidias_display_controllers_count(machine: Machine) -> None:
    machine.device("0000:00:02.0", "0x8086", "0x030000")  # Intel's graphics
    machine.device("0000:01:00.1", "0x10de", "0x040300")  # the card's sound
    machine.device("0000:03:00.0", "0x10de", "0x0c0330")  # the card's USB
    assert await cards(machine) == []


async def test_a_card_without_a_driver_says_so(machine: Machine) -> None:
    machine.device("0000:01:00.0", "0x10de", "0x030000")
    assert await cards(machine) == [Gpu("NVIDIA card 0000:01:00.0", None, "no driver is loaded")]


@pytest.mark.parametrize(("version", "driver"), [(PROPRIETARY, "550.54.14"), (OPEN, "570.86.16")])
async def test_a_card_with_either_of_nvidias_drivers(
    machine: Machine, version: str, driver: str
) -> None:
    machine.device("0000:01:00.0", "0x10de", "0x030000")
    machine.driver(version, "0000:01:00.0")
    assert await cards(machine) == [Gpu("NVIDIA GeForce RTX 4090", driver, None)]


async def test_a_second_card_and_one_without_a_screen_count_in_order(machine: Machine) -> None:
    machine.device("0000:81:00.0", "0x10de", "0x030200")  # a 3D controller: a data centre card
    machine.device("0000:01:00.0", "0x10de", "0x030000")
    machine.driver(PROPRIETARY, "0000:01:00.0")
    assert [card.name for card in await cards(machine)] == [
        "NVIDIA GeForce RTX 4090",
        "NVIDIA card 0000:81:00.0",
    ]


async def test_a_driver_that_says_nothing_it_is_known_by_counts_as_none(machine: Machine) -> None:
    machine.device("0000:01:00.0", "0x10de", "0x030000")
    machine.driver("something else entirely\n")
    assert (await cards(machine))[0].driver is None


@pytest.mark.parametrize(
    ("info", "usable"),
    [
        ({"Runtimes": {"runc": {}, "nvidia": {}}}, True),
        ({"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}, True),
        ({"Runtimes": {"runc": {}}}, False),
        ({"Runtimes": None, "DiscoveredDevices": None}, False),
    ],
)
async def test_a_card_is_usable_only_where_the_engine_can_hand_it_on(
    machine: Machine, engine: FakeEngine, docker: DockerApi, info: dict[str, object], usable: bool
) -> None:
    machine.device("0000:01:00.0", "0x10de", "0x030000")
    machine.driver(PROPRIETARY, "0000:01:00.0")
    engine.info |= info
    assert await Gpus(docker, machine.root).usable() is usable


async def test_without_a_card_the_engine_is_not_even_asked(
    machine: Machine, engine: FakeEngine, docker: DockerApi
) -> None:
    assert await Gpus(docker, machine.root).usable() is False
    assert engine.calls == []
