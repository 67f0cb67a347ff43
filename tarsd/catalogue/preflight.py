"""What an install asks before it touches anything, in the order in which it is told."""

from tarsd.catalogue import (
    boot,
    disk,
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
    *ports.CHECKS,
    *host.CHECKS,
    *disk.CHECKS,
    *gpu.CHECKS,
    *nas.CHECKS,
    *boot.CHECKS,
    *network.CHECKS,
)
