"""How the machine is right now: small looks at /proc, /sys and the kernel's clocks, none of which a disk can hold up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tarsd.host import block_devices, boots, mounts, pressure
from tarsd.host.mounts import Mount
from tarsd.host.wall_clock import WallClock

CONTAINER = Path("/run/systemd/container")
"""Written by systemd where it runs in one (systemd.io, CONTAINER_INTERFACE)."""


@dataclass(frozen=True)
class Condition:
    """A test hands in another machine. `contained`: it is itself a container, on a kernel that somebody else looks after."""

    holding: Callable[[str], Mount | None] = mounts.holding
    memory_stall: Callable[[], float | None] = pressure.memory_stall
    disk_names: Callable[[int], frozenset[str]] = block_devices.names
    up_for: Callable[[], float] = boots.up_for
    contained: Callable[[], bool] = CONTAINER.exists
    wall: WallClock = field(default_factory=WallClock)
