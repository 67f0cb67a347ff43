"""The composition root: builds every part (`wiring`, by subject), wires it, runs it, stops it in reverse."""

import asyncio
import signal
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from structlog.typing import FilteringBoundLogger

from tarsd.api.lan_table import lan_routes
from tarsd.api.server import Server
from tarsd.api.table import alert_routes, doctor_routes, incident_routes, validation_routes
from tarsd.catalogue.check import Trigger
from tarsd.catalogue.views import DaemonView, RecordsTrouble
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.configured import Configured
from tarsd.engine.loop_lag import LoopLag
from tarsd.engine.passes import Passes
from tarsd.errors import StateUnavailable
from tarsd.heartbeat import Heartbeat
from tarsd.host import memory
from tarsd.host.compose import PLUGIN_DIRECTORIES
from tarsd.host.docker_unit import Service
from tarsd.host.engine_unit import EngineUnit
from tarsd.host.jobs import Jobs, SystemdJobs
from tarsd.host.nas.mount_units import MountUnits
from tarsd.host.notify import Notify
from tarsd.leftovers import Leftovers
from tarsd.observe import log as logging
from tarsd.observe.incident_status import incidents_status
from tarsd.observe.model import Problem
from tarsd.observe.verdict import VerdictLog
from tarsd.operations.render import Renderer
from tarsd.operations.settle import Settle
from tarsd.operations.worlds import Senses
from tarsd.paths import Paths
from tarsd.settings import Settings
from tarsd.store import Database
from tarsd.store.audit import AuditStore
from tarsd.store.changes import ChangeStore
from tarsd.store.counts import CountStore
from tarsd.store.intent import IntentStore
from tarsd.upkeep import Upkeep
from tarsd.version import VERSION
from tarsd.wiring.alerts import alerting
from tarsd.wiring.doctor import doctor, doctor_handlers, validation_handlers
from tarsd.wiring.footing import footing
from tarsd.wiring.incidents import records
from tarsd.wiring.offline import Offline
from tarsd.wiring.ops import operations
from tarsd.wiring.outside import outside
from tarsd.wiring.resources import lan_resources, nas_resources, stack_resources
from tarsd.wiring.showing import Showing
from tarsd.wiring.summary import summary_of
from tarsd.wiring.supervision import Supervision
from tarsd.wiring.tasks import task_kinds
from tarsd.wiring.worlds import worlds_of

PROJECT = "tars"
ENGINE_SOCKET = "/run/docker.sock"

TAKE_OVER = 10.0
"""Seconds a start waits for state.db and leftover jobs before it serves without: systemd gives it TimeoutStartSec=60."""


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
        docker_service: Service | None = None,
        plugins: Sequence[Path] = PLUGIN_DIRECTORIES,
        senses: Senses | None = None,
        live: bool = True,
    ) -> None:
        """`live`: it is to be run; without, it is built for one look of `tarsd doctor`."""
        self.configured = Configured(paths)
        level = self.configured.settings.log.level if live else "critical"
        self.log: FilteringBoundLogger = logging.configure(level)
        self.database = Database(paths.database)
        self.jobs = jobs or SystemdJobs()
        self.notify = Notify()
        self._paths = paths
        self._leftovers = Leftovers(self.jobs, self.configured, paths, self.log)
        out = outside(
            paths,
            project,
            self._settings,
            engine_socket,
            self.jobs,
            mount_units,
            plugins,
            docker_service,
        )
        self.docker, self.http = out.docker, out.http

        self._intent = intent = IntentStore(self.database)
        renderer = Renderer(paths, out.compose, out.gpus, self._settings)
        self.lag = LoopLag()
        counts = CountStore(self.database)
        worlds = worlds_of(out, renderer, senses or Senses(), counts, self._daemon)
        passes = Passes()
        settle = Settle(out.containers)
        kinds = task_kinds(
            out, renderer, worlds, intent, passes, settle, counts, self.reload, self.log
        )
        kept = records(out, self.database, self.log)
        self.incidents = kept.incidents
        nudge = asyncio.Event()
        self._verdicts = VerdictLog(self.log)
        store = ChangeStore(self.database)
        self.supervision = Supervision(
            out,
            self.database,
            intent,
            worlds,
            passes,
            kept,
            lambda: self.changes,
            docker_service,
            EngineUnit() if engine_socket == ENGINE_SOCKET else None,
            self.log,
        )
        alerting_ = alerting(
            out,
            self.database,
            kept.incidents,
            lambda: store.latest(50),
            lambda: self.supervision.views.needs,
            self.log,
        )
        self.alerts = alerting_.alerts
        self.doctor = doctor(out, self.supervision, worlds, live=live)
        kinds += self.doctor.kinds()

        self.changes = Changes(
            store,
            kinds,
            self.log,
            nudge.set,
            self._change_ended,
            settle,
            out.secrets.hider,
            self.supervision.change_begun,
        )
        summary = summary_of(
            out,
            self.supervision,
            intent,
            self.changes,
            self.problems,
            lambda: incidents_status(self.incidents),
        )
        self.showing = showing = Showing(
            out,
            self.supervision,
            kept,
            lambda: self.changes,
            summary.status,
            self.database,
            self.lag,
            lambda: self._settings().ops.mode != "off",
            self.log,
        )
        self.operations = operations(
            out,
            self.database,
            lambda signing: [
                *lan_routes(signing),
                *showing.routes([alerting_.metrics], [alerting_.section]),
            ],
            self.log,
            showing,
        )
        showing.meet(self.operations)
        self.server = Server(
            [
                *stack_resources(
                    out,
                    self.changes,
                    summary,
                    renderer,
                    worlds,
                    lambda: self.configured.config,
                    self.reload,
                ),
                *nas_resources(
                    out, self.changes, self.supervision.nas_fault, self.supervision.nas_works
                ),
                *incident_routes(kept.handlers),
                *doctor_routes(
                    doctor_handlers(self.doctor, self.supervision, lambda: self.changes)
                ),
                *validation_routes(
                    validation_handlers(self.doctor, out, intent, lambda: self.changes)
                ),
                *alert_routes(alerting_.handlers),
                *lan_resources(out, self.operations),
            ],
            AuditStore(self.database),
            self.log,
            lambda: None if self.database.writable else self.database.trouble,
            showing.answered_here,
        )
        self.heartbeat = Heartbeat(self.notify, summary.status, nudge, self.log, memory.trim)

        async def load() -> None:
            with suppress(StateUnavailable):  # which its upkeep tells
                await intent.wishes()
            await self.incidents.load()

        self.upkeep = Upkeep(self.database, self.changes, self.log, load)

    def reload(self) -> None:
        """Take over the files of settings. Raises ConfigInvalid."""
        self.configured.reload()
        logging.configure(self.configured.settings.log.level)
        self.log.info("config.loaded", files=len(self.configured.config.files))
        self.supervision.monitor.trigger(Trigger.SETTINGS)
        self.operations.plane.wake()
        self.showing.wake()

    def _change_ended(self, change: Change) -> None:
        self._verdicts.tell(change)
        self.alerts.change_ended(change)
        self.showing.change_ended(change)
        self.supervision.change_ended(change)

    def _daemon(self) -> DaemonView:
        found = self.database.trouble
        trouble = found and RecordsTrouble(found.message, found.fix, found.writable)
        late = self.lag.worst(asyncio.get_running_loop().time())
        return DaemonView(
            late,
            trouble,
            self.jobs.strays,
            self.alerts.views(),
            lan=self.operations.plane.view(),
        )

    def problems(self) -> Sequence[Problem]:
        """What is wrong with the daemon's own footing."""
        found = footing(self.configured, self.database, self.incidents.ledger)
        waits = self.supervision.acting.problem()
        return [*found, waits] if waits is not None else found

    async def answer_once(self, what: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """What `tarsd doctor` is asked; nothing is served, and nobody watches. Constructed with `live` false."""
        with suppress(sqlite3.Error):  # then nothing is known to be wanted stopped
            await asyncio.to_thread(self._intent.peek, self._paths.database)
        try:
            return await Offline(self._paths, self.doctor).answer(what, told)
        finally:
            self.supervision.prober.close()
            self.jobs.close()
            await self.http.close()
            await self.docker.close()

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
        running = [
            asyncio.create_task(self.heartbeat.run()),
            asyncio.create_task(self.supervision.run()),
            asyncio.create_task(self.lag.run()),
            asyncio.create_task(self.alerts.run()),
            asyncio.create_task(self.operations.plane.run()),
            asyncio.create_task(self.showing.run()),
            standing,
        ]
        await stop.wait()
        self.notify.stopping()
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)
        await self._stop()

    async def _stop(self) -> None:
        """In reverse: no new calls, no running change, then what they stood on."""
        await asyncio.gather(self.server.stop(), self.operations.plane.stop())
        await self.changes.stop()
        await self.supervision.stop()
        await self.alerts.close()
        self.jobs.close()
        await self.http.close()
        await self.docker.close()
        await self.incidents.close()
        try:
            await self.database.close()
        except StateUnavailable as error:
            self.log.error("state.unclosed", message=error.message)
        self.log.info("daemon.stopped")

    async def _stand(self) -> None:
        """What an earlier daemon left is put away before its records are taken over; then they are looked after for ever."""
        await self._leftovers.put_away()
        await self.upkeep.run()

    def _settings(self) -> Settings:
        return self.configured.settings
