"""The composition root: builds every part, wires it, runs it, stops it in reverse."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from tarsd.api.handlers.changes import ChangeHandlers
from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.handlers.machine import MachineHandlers
from tarsd.api.handlers.models import ModelHandlers
from tarsd.api.handlers.nas import NasHandlers
from tarsd.api.handlers.plan import PlanHandlers
from tarsd.api.handlers.secrets import SecretHandlers
from tarsd.api.handlers.stack import StackHandlers
from tarsd.api.server import Server
from tarsd.api.table import routes
from tarsd.catalogue import preflight
from tarsd.changes.model import TaskKind
from tarsd.changes.runner import Changes
from tarsd.configured import Configured
from tarsd.engine.passes import Passes
from tarsd.engine.probe_choice import ProbeChooser
from tarsd.errors import JobFailed, StateUnavailable
from tarsd.heartbeat import Heartbeat
from tarsd.host import memory
from tarsd.host.compose import PLUGIN_DIRECTORIES, Compose
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.files import sweep
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.host.gpu_memory import GpuMemory
from tarsd.host.images import Images
from tarsd.host.jobs import Jobs, SystemdJobs
from tarsd.host.model_disk import ModelDisk
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.documents import Documents
from tarsd.host.nas.mount_units import MountUnits, SystemdMountUnits
from tarsd.host.nas.trial import Trials
from tarsd.host.notify import Notify
from tarsd.host.ollama import Ollama
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.postgres import Postgres
from tarsd.host.probes.http import HttpSession
from tarsd.host.reach import Reach
from tarsd.host.redis import Redis
from tarsd.host.secret_files import SecretFiles
from tarsd.observe import log as logging
from tarsd.observe.engine_look import EngineLook
from tarsd.observe.model import Problem
from tarsd.observe.nas import status as nas_status
from tarsd.observe.parts import Parts
from tarsd.observe.summary import Summary
from tarsd.observe.verdict import VerdictLog
from tarsd.operations.addresses import Addresses
from tarsd.operations.apply import ApplyTask
from tarsd.operations.foresight import Foresight
from tarsd.operations.generation_task import GenerationTask
from tarsd.operations.health import HealthGate
from tarsd.operations.images_task import ImagesTask
from tarsd.operations.lifecycle import IntentTask, StartTask, StopTask
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
from tarsd.operations.preflight import PreflightTask
from tarsd.operations.render import Renderer
from tarsd.operations.rotate import RotateTask
from tarsd.operations.secret_refresh import Refresh
from tarsd.operations.secrets_task import SecretsTask
from tarsd.operations.settings_task import SettingsTask
from tarsd.operations.starter import Starter
from tarsd.operations.uninstall import DownTask, ForgetTask, PurgeTask
from tarsd.operations.worlds import Senses, Worlds
from tarsd.paths import Paths
from tarsd.settings import Settings
from tarsd.store import Database
from tarsd.store.audit import AuditStore
from tarsd.store.changes import ChangeStore
from tarsd.store.intent import IntentStore
from tarsd.upkeep import Upkeep
from tarsd.version import VERSION

PROJECT = "tars"
ENGINE_SOCKET = "/run/docker.sock"

TAKE_OVER = 10.0
"""Seconds a start waits for state.db and leftover jobs before it serves without: systemd gives it TimeoutStartSec=60."""

LEFTOVERS = 60.0
"""Seconds for the jobs of an earlier daemon to be stopped; each is killed after 10."""


class App:
    """The daemon: everything it is made of, constructed once."""

    def __init__(
        self,
        paths: Paths,
        *,
        project: str = PROJECT,
        engine_socket: str = ENGINE_SOCKET,
        jobs: Jobs | None = None,
        mount_units: MountUnits | None = None,
        plugins: Sequence[Path] = PLUGIN_DIRECTORIES,
        senses: Senses | None = None,
    ) -> None:
        self.configured = Configured(paths)
        self.log: FilteringBoundLogger = logging.configure(self.configured.settings.log.level)
        self.database = Database(paths.database)
        self.docker = DockerApi(engine_socket)
        self.http = HttpSession()
        self.ollama = Ollama(lambda: self._settings().ports.ollama)
        self.jobs = jobs or SystemdJobs()
        self.notify = Notify()
        self._paths = paths

        compose = Compose(self.jobs, project, paths.state, engine_socket, plugins)
        containers = Containers(self.docker, project)
        generations = Generations(paths.generations)
        images = Images(self.docker)
        gpus = Gpus(self.docker)
        intent = IntentStore(self.database)
        renderer = Renderer(paths, compose, gpus, self._settings)
        own_jobs = OwnJobs(self.jobs, paths.program)
        units = mount_units or SystemdMountUnits(own_jobs)
        credentials = CredentialFiles(paths.secrets)
        trials = Trials(own_jobs, credentials)
        documents = Documents(own_jobs, paths.documents)
        nas_gate = NasGate(units, self._settings)
        secrets = SecretFiles(paths.secrets)
        worlds = Worlds(self.docker, own_jobs, renderer, senses or Senses())
        checks = preflight.CHECKS
        passes = Passes()
        gate = HealthGate(containers, ProbeChooser(secrets, self.http), passes)
        starter = Starter(compose, containers, gate, self._settings, nas_gate)
        gpu_memory = GpuMemory(gpus, own_jobs, lambda: not self._settings().stack.cpu_only)
        puller = Puller(self.ollama, ModelDisk(self.docker, containers), gpu_memory)
        redis = Redis(lambda: self._settings().ports.redis)
        refresh = Refresh(secrets, containers, compose, starter, intent, redis)
        postgres = Postgres(lambda: self._settings().ports.postgres)
        kinds: list[TaskKind] = [
            PreflightTask(checks, paths, worlds, containers),
            SettingsTask(paths, self.reload),
            SecretsTask(secrets, containers, project),
            ImagesTask(images, renderer, self.docker),
            GenerationTask(generations, images, renderer, paths),
            ApplyTask(
                starter,
                compose,
                containers,
                generations,
                intent,
                secrets,
                self._settings,
                Addresses(own_jobs),
            ),
            IntentTask(intent),
            StopTask(containers, generations),
            StartTask(starter, generations),
            DownTask(compose, containers, generations, starter, intent),
            ForgetTask(generations, containers, intent),
            PurgeTask(containers, paths),
            PullModelTask(puller),
            RemoveModelTask(self.ollama),
            RotateTask(secrets, postgres, generations, refresh),
            KeepModelsTask(self.ollama, puller, self._settings),
            NasTrialTask(trials, credentials, self._settings),
            NasReleaseTask(units, self._settings),
            NasUnitTask(units, credentials, generations, self._settings),
            NasSettingsTask(paths, self.reload, self._settings),
            NasMountTask(units),
            NasCountTask(documents, generations, self._settings),
            NasTidyTask(credentials, documents, generations, self._settings),
        ]
        nudge = asyncio.Event()
        verdicts = VerdictLog(self.log)
        store = ChangeStore(self.database)
        self.changes = Changes(store, kinds, self.log, nudge.set, verdicts.tell)
        foresight = Foresight(checks, paths, worlds, containers, generations, secrets)
        summary = Summary(
            EngineLook(self.docker, containers),
            generations,
            intent,
            self.changes,
            Parts(gpus, lambda: nas_status(self._settings().nas, units, documents)),
            passes,
            self.problems,
        )
        self.server = Server(
            routes(
                MachineHandlers(summary.status),
                StackHandlers(self.changes, images, containers, generations, self.docker),
                ChangeHandlers(self.changes),
                ConfigHandlers(
                    paths, lambda: self.configured.config, self.reload, renderer.render_with
                ),
                PlanHandlers(foresight, self._settings),
                ModelHandlers(self.changes, self.ollama, self._settings),
                SecretHandlers(self.changes, secrets, generations, project),
                NasHandlers(
                    self.changes, self._settings, trials, credentials, documents, units, Reach()
                ),
            ),
            AuditStore(self.database),
            self.log,
            lambda: None if self.database.writable else self.database.trouble,
        )
        self.heartbeat = Heartbeat(self.notify, summary.status, nudge, self.log, memory.trim)
        self.upkeep = Upkeep(self.database, self.changes, self.log)

    def reload(self) -> None:
        """Take over the files of settings. Raises ConfigInvalid."""
        self.configured.reload()
        logging.configure(self.configured.settings.log.level)
        self.log.info("config.loaded", files=len(self.configured.config.files))

    def problems(self) -> Sequence[Problem]:
        """What is wrong with the daemon's own footing."""
        found: list[Problem] = []
        if self.configured.invalid is not None:
            message = f"{self.configured.invalid.message}; {self.configured.in_force}"
            found.append(
                Problem(
                    id="config.invalid",
                    subject="settings",
                    message=message,
                    fix="tarsctl config check",
                )
            )
        if self.configured.unkept is not None:
            message = f"the settings cannot be kept as the last good ones: {self.configured.unkept}"
            found.append(
                Problem(id="state.settings", subject="tarsd", message=message, fix="df -h; df -i")
            )
        trouble = self.database.trouble
        if trouble is not None:
            found.append(
                Problem(id="state.db", subject="tarsd", message=trouble.message, fix=trouble.fix)
            )
        return found

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises OSError where the socket cannot be bound."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        standing = asyncio.create_task(self._stand())
        with suppress(asyncio.TimeoutError):  # then it is served without, and the status says so
            await asyncio.wait_for(self.upkeep.taken_over.wait(), TAKE_OVER)
        for problem in self.problems():
            if problem.id != "state.db":  # its upkeep tells of that one
                self.log.error("daemon.problem", subject=problem.subject, message=problem.message)
        await self.server.start(self._paths.socket)
        self.log.info("daemon.ready", version=VERSION)
        self.notify.ready()
        beating = asyncio.create_task(self.heartbeat.run())
        await stop.wait()
        self.notify.stopping()
        beating.cancel()
        standing.cancel()
        await self._stop()

    async def _stop(self) -> None:
        """In reverse: no new calls, no running change, then what they stood on."""
        await self.server.stop()
        await self.changes.stop()
        self.jobs.close()
        await self.http.close()
        await self.ollama.close()
        await self.docker.close()
        try:
            await self.database.close()
        except StateUnavailable as error:
            self.log.error("state.unclosed", message=error.message)
        self.log.info("daemon.stopped")

    async def _stand(self) -> None:
        """What an earlier daemon left is put away before its records are taken over; then they are looked after for ever."""
        try:
            await asyncio.wait_for(self._stop_leftovers(), LEFTOVERS)
        except asyncio.TimeoutError:
            self.log.error("jobs.unstopped", message=f"leftover jobs do not end in {LEFTOVERS} s")
        await asyncio.to_thread(self._sweep)
        await self.upkeep.run()

    async def _stop_leftovers(self) -> None:
        try:
            for name in await self.jobs.stop_leftovers():
                self.log.warning("job.stopped", unit=name)
        except JobFailed as error:
            self.log.error("jobs.unreachable", message=error.message)

    def _sweep(self) -> None:
        """Before anything else writes: until state.db is open, every call that could is refused."""
        if not self.configured.settle():
            self.log.error("file.unswept", message="the disk has not taken the settings yet")
            return
        paths = self._paths
        for directory in (paths.conf_d, paths.state, paths.secrets, paths.generations):
            try:
                for path in sweep(directory):
                    self.log.warning("file.unfinished", removed=str(path))
            except OSError as error:
                self.log.error("file.unswept", directory=str(directory), message=str(error))

    def _settings(self) -> Settings:
        return self.configured.settings
