"""The whole catalogue, by subject, in the order in which it is told: root causes first."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue import (
    boot,
    disk,
    docker,
    gpu,
    gpu_container,
    gpu_driver,
    gpu_health,
    gpu_xid,
    host,
    legacy,
    nas,
    network,
    ollama,
    ports,
    services,
    stack,
)
from tarsd.catalogue.check import Check

SUBJECTS: Mapping[str, Sequence[Check]] = {
    "Machine": (*host.CHECKS, *boot.CHECKS, *network.CHECKS),
    "Disk": disk.CHECKS,
    "NAS": nas.CHECKS,
    "Docker": (*docker.CHECKS, *docker.WATCHED[1:], *legacy.CHECKS),
    "GPU": (
        *gpu.CHECKS,
        *gpu_driver.CHECKS,
        *gpu_health.CHECKS,
        *gpu_xid.CHECKS,
        *gpu_container.CHECKS,
        *ollama.CHECKS,
    ),
    "Stack": (*stack.CHECKS, *ports.CHECKS),
    "Services": services.CHECKS,
}
"""The sections of `tarsctl doctor` and of docs/faults.md."""

CATALOGUE: tuple[Check, ...] = tuple(check for checks in SUBJECTS.values() for check in checks)
"""Every check once."""
