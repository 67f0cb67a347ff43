"""The whole catalogue, by subject, in the order in which it is told: root causes first."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue import (
    boot,
    chroma,
    data,
    disk,
    docker,
    gpu,
    host,
    legacy,
    models,
    nas,
    network,
    ports,
    secrets,
    services,
    stack,
)
from tarsd.catalogue.check import Check

SUBJECTS: Mapping[str, Sequence[Check]] = {
    "Machine": (*host.CHECKS, *boot.CHECKS, *network.CHECKS),
    "Disk": disk.CHECKS,
    "NAS": nas.CHECKS,
    "Docker": (*docker.CHECKS, *docker.WATCHED[1:], *legacy.CHECKS),
    "GPU": gpu.CHECKS,
    "Stack": (*stack.CHECKS, *ports.CHECKS),
    "Secrets": secrets.CHECKS,
    "Services": services.CHECKS,
    "Data": (*chroma.CHECKS, *data.CHECKS, *models.CHECKS),
}
"""The sections of `tarsctl doctor` and of docs/faults.md."""

CATALOGUE: tuple[Check, ...] = tuple(check for checks in SUBJECTS.values() for check in checks)
"""Every check once."""
