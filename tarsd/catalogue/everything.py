"""The whole catalogue, by subject, in the order in which it is told: root causes first."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue import (
    alerts,
    boot,
    chroma,
    daemon,
    data,
    deep,
    deep_models,
    disk,
    disk_health,
    docker,
    docker_settings,
    exposure,
    gpu,
    gpu_container,
    gpu_driver,
    gpu_health,
    gpu_xid,
    host,
    host_now,
    lan,
    legacy,
    models,
    nas,
    network,
    ollama,
    orphans,
    own,
    ports,
    secret_rights,
    secrets,
    security,
    services,
    services_memory,
    stack,
    webui,
)
from tarsd.catalogue.check import Check

SUBJECTS: Mapping[str, Sequence[Check]] = {
    "tarsd": (*own.CHECKS, *daemon.CHECKS, *alerts.CHECKS, *lan.CHECKS),
    "Machine": (*host.CHECKS, *host_now.CHECKS, *boot.CHECKS, *network.CHECKS),
    "Disk": (*disk_health.CHECKS, *disk.CHECKS),
    "NAS": nas.CHECKS,
    "Docker": (*docker.CHECKS, *docker.WATCHED[1:], *docker_settings.CHECKS, *legacy.CHECKS),
    "GPU": (
        *gpu.CHECKS,
        *gpu_driver.CHECKS,
        *gpu_health.CHECKS,
        *gpu_xid.CHECKS,
        *gpu_container.CHECKS,
        *ollama.CHECKS,
    ),
    "Stack": (*stack.CHECKS, *ports.CHECKS, *exposure.CHECKS, *orphans.CHECKS),
    "Secrets": (*secret_rights.CHECKS, *secrets.CHECKS),
    "Services": (*services.CHECKS, *services_memory.CHECKS),
    "Data": (*chroma.CHECKS, *data.CHECKS, *models.CHECKS),
    "Work": (*deep.CHECKS, *deep_models.CHECKS, *webui.RAG),
    "Security": (*security.CHECKS, *webui.SECURITY),
}
"""The sections of `tarsctl doctor` and of docs/faults.md."""

CATALOGUE: tuple[Check, ...] = tuple(check for checks in SUBJECTS.values() for check in checks)
"""Every check once."""
