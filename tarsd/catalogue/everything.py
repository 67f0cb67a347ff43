"""The whole catalogue, by subject, in the order in which it is told: root causes first."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue import (
    boot,
    daemon,
    deep,
    deep_models,
    disk,
    docker,
    docker_settings,
    exposure,
    gpu,
    host,
    legacy,
    nas,
    network,
    orphans,
    own,
    ports,
    secret_rights,
    security,
    services,
    services_memory,
    stack,
    webui,
)
from tarsd.catalogue.check import Check

SUBJECTS: Mapping[str, Sequence[Check]] = {
    "tarsd": (*own.CHECKS, *daemon.CHECKS),
    "Machine": (*host.CHECKS, *boot.CHECKS, *network.CHECKS),
    "Disk": disk.CHECKS,
    "NAS": nas.CHECKS,
    "Docker": (*docker.CHECKS, *docker.WATCHED[1:], *docker_settings.CHECKS, *legacy.CHECKS),
    "GPU": gpu.CHECKS,
    "Secrets": secret_rights.CHECKS,
    "Stack": (*stack.CHECKS, *ports.CHECKS, *exposure.CHECKS, *orphans.CHECKS),
    "Services": (*services.CHECKS, *services_memory.CHECKS),
    "Work": (*deep.CHECKS, *deep_models.CHECKS, *webui.RAG),
    "Security": (*security.CHECKS, *webui.SECURITY),
}
"""The sections of `tarsctl doctor` and of docs/faults.md."""

CATALOGUE: tuple[Check, ...] = tuple(check for checks in SUBJECTS.values() for check in checks)
"""Every check once."""
