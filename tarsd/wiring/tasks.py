"""What changes are made of: every kind of task, by operation."""

from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue import deep, preflight
from tarsd.catalogue.counts import Counts
from tarsd.changes.model import TaskKind
from tarsd.engine.passes import Passes
from tarsd.engine.probe_choice import ProbeChooser
from tarsd.host.gpu_memory import GpuMemory
from tarsd.host.listeners import Listeners
from tarsd.host.model_disk import ModelDisk
from tarsd.host.postgres.cluster import Clusters
from tarsd.host.postgres.missing import create_missing
from tarsd.host.postgres.role import Postgres
from tarsd.host.redis import Redis
from tarsd.operations.addresses import Addresses
from tarsd.operations.apply import ApplyTask
from tarsd.operations.backup import BackupTask
from tarsd.operations.bundle_job import BundleJob
from tarsd.operations.bundle_task import BundleTask
from tarsd.operations.copies import Copies
from tarsd.operations.data_care import DataCare
from tarsd.operations.first_start import FirstStart
from tarsd.operations.generation_task import GenerationTask
from tarsd.operations.health import HealthGate
from tarsd.operations.held_ports import HeldPorts
from tarsd.operations.images_task import ImagesTask
from tarsd.operations.lifecycle import IntentTask, StartTask, StopTask
from tarsd.operations.lost_volumes import LostVolumes
from tarsd.operations.model_pull import Puller
from tarsd.operations.models import KeepModelsTask, PullModelTask, RemoveModelTask
from tarsd.operations.nas_documents_tasks import NasCountTask, NasTidyTask
from tarsd.operations.nas_gate import NasGate
from tarsd.operations.nas_mount_tasks import (
    NasMountTask,
    NasReleaseTask,
    NasTrialTask,
    NasUnitTask,
)
from tarsd.operations.nas_settings_task import NasSettingsTask
from tarsd.operations.port_culprit import PortCulprit
from tarsd.operations.preflight import PreflightTask
from tarsd.operations.render import Renderer
from tarsd.operations.rotate import RotateTask
from tarsd.operations.secret_refresh import Refresh
from tarsd.operations.secrets_task import SecretsTask
from tarsd.operations.settings_task import SettingsTask
from tarsd.operations.settle import Settle
from tarsd.operations.stale_readers import StaleReaders
from tarsd.operations.starter import Starter
from tarsd.operations.uninstall import DownTask, ForgetTask, PurgeTask
from tarsd.operations.validate_task import ValidateTask
from tarsd.operations.worlds import Worlds
from tarsd.store.intent import IntentStore
from tarsd.wiring.outside import Outside


def task_kinds(
    out: Outside,
    renderer: Renderer,
    worlds: Worlds,
    intent: IntentStore,
    passes: Passes,
    settle: Settle,
    counts: Counts,
    reload: Callable[[], None],
    log: FilteringBoundLogger,
) -> list[TaskKind]:
    """All of them but the doctor's own."""
    listeners = Listeners(out.docker, out.own_jobs)
    ports = HeldPorts(listeners, out.containers, out.docker_unit, settle, log)
    start = starter(out, passes, ports, counts, log)
    return [
        *stack_tasks(out, renderer, worlds, intent, start, ports, reload),
        *model_tasks(out),
        *secret_tasks(out, intent, start),
        *nas_tasks(out, reload),
        *backup_tasks(out, counts),
        *bundle_tasks(out),
    ]


def starter(
    out: Outside, passes: Passes, ports: HeldPorts, counts: Counts, log: FilteringBoundLogger
) -> Starter:
    """Starts services and waits until they answer."""
    clusters = Clusters(out.docker, out.own_jobs, out.project)
    first = FirstStart(out.containers, clusters, create_missing, log)
    gate = HealthGate(out.containers, ProbeChooser(out.secrets, out.http), passes, first)
    mounted = NasGate(out.nas.units, out.settings)
    culprit = PortCulprit(Listeners(out.docker, out.own_jobs), out.project)
    copies = Copies(out.docker, out.keeper, counts)
    care = DataCare(out.guard, out.keeper, copies, out.containers)
    return Starter(out.compose, out.containers, gate, out.settings, mounted, ports, culprit, care)


def stack_tasks(
    out: Outside,
    renderer: Renderer,
    worlds: Worlds,
    intent: IntentStore,
    starter: Starter,
    ports: HeldPorts,
    reload: Callable[[], None],
) -> list[TaskKind]:
    """Of install, start, stop, restart and uninstall."""
    lost = LostVolumes(out.containers)
    return [
        PreflightTask(preflight.CHECKS, out.paths, worlds, out.containers, ports),
        SettingsTask(out.paths, reload),
        SecretsTask(out.secrets, out.containers, out.project),
        ImagesTask(out.images, renderer, out.docker),
        GenerationTask(out.generations, out.images, renderer, out.paths),
        ApplyTask(
            starter,
            out.compose,
            out.containers,
            out.generations,
            intent,
            out.settings,
            Addresses(out.own_jobs),
            StaleReaders(out.secrets, out.containers),
            lost,
        ),
        IntentTask(intent),
        StopTask(out.containers, out.generations, out.paths.secrets),
        StartTask(starter, out.generations, lost),
        DownTask(out.compose, out.containers, out.generations, starter, intent),
        ForgetTask(out.generations, out.containers, intent),
        PurgeTask(out.containers, out.generations, out.paths),
        ValidateTask(deep.CHECKS, worlds, out.settings, out.containers, out.generations),
    ]


def model_tasks(out: Outside) -> list[TaskKind]:
    """Of models."""
    memory = GpuMemory(out.gpus, out.own_jobs, lambda: not out.settings().stack.cpu_only)
    puller = Puller(out.ollama, ModelDisk(out.docker, out.containers), memory)
    return [
        PullModelTask(puller),
        RemoveModelTask(out.ollama),
        KeepModelsTask(out.ollama, puller, out.settings),
    ]


def secret_tasks(out: Outside, intent: IntentStore, starter: Starter) -> list[TaskKind]:
    """Of secrets."""
    redis = Redis(lambda: out.settings().ports.redis)
    postgres = Postgres(lambda: out.settings().ports.postgres)
    refresh = Refresh(out.secrets, out.containers, out.compose, starter, intent, redis)
    return [RotateTask(out.secrets, postgres, out.generations, refresh)]


def backup_tasks(out: Outside, counts: Counts) -> list[TaskKind]:
    """Of backups that somebody asks for."""
    copies = Copies(out.docker, out.keeper, counts)
    return [BackupTask(out.containers, out.keeper, copies, out.backups)]


def bundle_tasks(out: Outside) -> list[TaskKind]:
    """Of support bundles."""
    return [BundleTask(BundleJob(out.own_jobs, out.paths), out.paths)]


def nas_tasks(out: Outside, reload: Callable[[], None]) -> list[TaskKind]:
    """Of the NAS."""
    nas = out.nas
    return [
        NasTrialTask(nas.trials, nas.credentials, out.settings),
        NasReleaseTask(nas.units, out.settings),
        NasUnitTask(nas.units, nas.credentials, out.generations, out.settings),
        NasSettingsTask(out.paths, reload, out.settings),
        NasMountTask(nas.units),
        NasCountTask(nas.documents, out.generations, out.settings),
        NasTidyTask(nas.credentials, nas.documents, out.generations, out.settings),
    ]
