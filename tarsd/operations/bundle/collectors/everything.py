"""All collectors, in the order in which a helper would read what they bring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tarsd.host.compose import PLUGIN_DIRECTORIES
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.http import HttpSession
from tarsd.host.own_api import OwnApi
from tarsd.host.pieces import contents
from tarsd.host.programs import output
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.bundle.collectors.configuration import settings_files
from tarsd.operations.bundle.collectors.daemon import daemon
from tarsd.operations.bundle.collectors.doctor import doctor
from tarsd.operations.bundle.collectors.engine import engine
from tarsd.operations.bundle.collectors.gpu import gpu
from tarsd.operations.bundle.collectors.journal import journal, kernel
from tarsd.operations.bundle.collectors.logs import logs
from tarsd.operations.bundle.collectors.metrics import metrics
from tarsd.operations.bundle.collectors.nas import nas
from tarsd.operations.bundle.collectors.network import network
from tarsd.operations.bundle.collectors.package import package
from tarsd.operations.bundle.collectors.page import Run
from tarsd.operations.bundle.collectors.protocol import Collector
from tarsd.operations.bundle.collectors.records import audit, changes, incidents
from tarsd.operations.bundle.collectors.services import chroma, models, probes
from tarsd.operations.bundle.collectors.system import Read, system
from tarsd.paths import Paths
from tarsd.settings import Settings


@dataclass(frozen=True)
class Sources:
    """Who is asked. Who made it closes `docker` and `http`; `settings` gives those in force when it is called."""

    paths: Paths
    project: str
    settings: Callable[[], Settings]
    docker: DockerApi
    http: HttpSession
    plugins: Sequence[Path] = PLUGIN_DIRECTORIES
    run: Run = output
    read: Read = contents
    root: Path = Path("/")


def collectors(it: Sources) -> Sequence[Collector]:
    """Constructed; nobody is asked yet. They may run side by side."""
    containers, api = Containers(it.docker, it.project), OwnApi(it.paths.socket)
    generations, secrets = Generations(it.paths.generations), SecretFiles(it.paths.secrets)
    return (
        daemon(api, it.run),
        doctor(api, it.run, it.paths),
        incidents(it.read, it.paths),
        changes(it.paths),
        audit(it.paths),
        probes(generations, secrets, it.http),
        logs(it.docker, containers),
        engine(it.docker, it.project, generations, it.plugins, it.run),
        journal(it.run),
        kernel(it.run),
        system(it.run, it.read, it.root),
        settings_files(it.read, it.paths, it.root),
        network(it.run, it.read, it.root),
        gpu(it.run, it.read, it.root),
        nas(it.run, it.read, it.paths, it.settings, it.root),
        models(it.http, it.settings),
        chroma(it.http, it.settings),
        metrics(it.read, containers, it.paths.history, it.root),
        package(it.run, it.read, it.root),
    )
