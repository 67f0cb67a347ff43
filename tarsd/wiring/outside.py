"""The parts that touch the outside, each once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tarsd.catalogue.data_guard import DataGuard
from tarsd.engine.probe_choice import ProbeChooser
from tarsd.host.backups.keeper import Keeper
from tarsd.host.backups.kept import Backups
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.deep import Deep
from tarsd.host.docker_api import DockerApi
from tarsd.host.docker_unit import DockerUnit, Service
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.host.http import HttpSession
from tarsd.host.images import Images
from tarsd.host.jobs import Jobs
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.leaks import Leaks
from tarsd.host.model_use import ModelUse
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.documents import Documents
from tarsd.host.nas.mount_units import MountUnits, SystemdMountUnits
from tarsd.host.nas.sight import Sight
from tarsd.host.nas.trial import Trials
from tarsd.host.nvidia.senses import Nvidia, nvidia
from tarsd.host.ollama import Ollama
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.secret_files import SecretFiles
from tarsd.host.volumes import Volumes
from tarsd.paths import Paths
from tarsd.settings import Settings


@dataclass(frozen=True)
class Nas:
    """Of the NAS."""

    units: MountUnits
    credentials: CredentialFiles
    trials: Trials
    documents: Documents
    sight: Sight


@dataclass(frozen=True)
class Outside:
    """`settings` gives those in force when it is called."""

    paths: Paths
    project: str
    settings: Callable[[], Settings]
    docker: DockerApi
    docker_unit: DockerUnit
    http: HttpSession
    ollama: Ollama
    jobs: Jobs
    own_jobs: OwnJobs
    compose: Compose
    containers: Containers
    generations: Generations
    images: Images
    gpus: Gpus
    nvidia: Nvidia
    kernel: KernelNotes
    secrets: SecretFiles
    nas: Nas
    backups: Backups
    keeper: Keeper
    guard: DataGuard
    deep: Deep


def outside(
    paths: Paths,
    project: str,
    settings: Callable[[], Settings],
    engine_socket: str,
    jobs: Jobs,
    mount_units: MountUnits | None,
    plugins: Sequence[Path],
    docker_service: Service | None,
) -> Outside:
    """Construct them; nothing is asked yet. Without `mount_units`, systemd's."""
    docker, http = DockerApi(engine_socket), HttpSession()
    own_jobs = OwnJobs(jobs, paths.program)
    gpus, kernel = Gpus(docker), KernelNotes()
    credentials = CredentialFiles(paths.secrets)
    containers, volumes = Containers(docker, project), Volumes(docker, own_jobs)
    backups = Backups(paths.backups, lambda: settings().data)
    keeper = Keeper(docker, volumes, backups)
    guard = DataGuard(docker, containers, volumes, keeper)
    secrets, ollama = SecretFiles(paths.secrets), Ollama(http, lambda: settings().ports.ollama)
    chooser = ProbeChooser(secrets, http)
    return Outside(
        paths=paths,
        project=project,
        settings=settings,
        docker=docker,
        docker_unit=DockerUnit(paths.docker_restarted, docker_service),
        http=http,
        ollama=ollama,
        jobs=jobs,
        own_jobs=own_jobs,
        compose=Compose(jobs, project, paths.state, engine_socket, plugins, guard),
        containers=containers,
        generations=Generations(paths.generations),
        images=Images(docker),
        gpus=gpus,
        nvidia=nvidia(docker, own_jobs, gpus, kernel),
        kernel=kernel,
        secrets=secrets,
        nas=Nas(
            mount_units or SystemdMountUnits(own_jobs),
            credentials,
            Trials(own_jobs, credentials),
            Documents(own_jobs, paths.documents),
            Sight(own_jobs, credentials),
        ),
        backups=backups,
        keeper=keeper,
        guard=guard,
        deep=Deep(
            chooser.task,
            ModelUse(ollama, docker),
            Leaks(docker, project, secrets),
            chooser.webui,
            chooser.secret("admin-password"),
        ),
    )
