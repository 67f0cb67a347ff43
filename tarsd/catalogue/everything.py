"""The whole catalogue, by subject, in the order in which it is told: root causes first."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue import (
    boot,
    disk,
    disk_health,
    docker,
    gpu,
    host,
    host_now,
    legacy,
    nas,
    network,
    ports,
    services,
    stack,
)
from tarsd.catalogue.check import Check

SUBJECTS: Mapping[str, Sequence[Check]] = {
    "Machine": (*host.CHECKS, *host_now.CHECKS, *boot.CHECKS, *network.CHECKS),
    "Disk": (*disk_health.CHECKS, *disk.CHECKS),
    "NAS": nas.CHECKS,
    "Docker": (*docker.CHECKS, *docker.WATCHED[1:], *legacy.CHECKS),
    "GPU": gpu.CHECKS,
    "Stack": (*stack.CHECKS, *ports.CHECKS),
    "Services": services.CHECKS,
}
"""The sections of `tarsctl doctor` and of docs/faults.md."""

CATALOGUE: tuple[Check, ...] = tuple(check for checks in SUBJECTS.values() for check in checks)
"""Every check once."""
