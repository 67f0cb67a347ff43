"""All collectors, in the order in which a helper would read what they bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.pieces import contents
from tarsd.host.programs import output
from tarsd.operations.bundle.collectors.logs import logs
from tarsd.operations.bundle.collectors.page import Run
from tarsd.operations.bundle.collectors.protocol import Collector
from tarsd.operations.bundle.collectors.system import Read, system
from tarsd.paths import Paths


@dataclass(frozen=True)
class Sources:
    """Who is asked."""

    paths: Paths
    docker: DockerApi
    containers: Containers
    run: Run = output
    read: Read = contents
    root: Path = Path("/")


def collectors(it: Sources) -> Sequence[Collector]:
    """Constructed; nobody is asked yet."""
    return (
        system(it.run, it.read, it.root),
        logs(it.docker, it.containers),
    )
