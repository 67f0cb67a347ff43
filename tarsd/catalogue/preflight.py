"""What an install asks before it touches anything, in the order in which it is told."""

from tarsd.catalogue import (
    boot,
    chroma,
    data,
    disk,
    disk_health,
    docker,
    docker_settings,
    gpu,
    host,
    legacy,
    nas,
    network,
    ports,
    stack,
)
from tarsd.catalogue.check import Check

CHECKS: tuple[Check, ...] = (
    *docker.CHECKS,
    *docker_settings.FOR_INSTALL,
    *legacy.CHECKS,
    *stack.CHECKS,
    chroma.DataUnmounted(),
    *data.CHECKS,
    *ports.CHECKS,
    *host.CHECKS,
    *disk.CHECKS,
    *disk_health.BEFORE_INSTALL,
    *gpu.CHECKS,
    *nas.PLACE,
    *boot.CHECKS,
    *network.CHECKS,
)
