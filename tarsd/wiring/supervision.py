"""Supervision: events, truth, intent, probes, monitor, healer and boot, put together and run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Asked, Finding, Trigger
from tarsd.catalogue.docker import DockerDown
from tarsd.catalogue.everything import CATALOGUE
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.nas import told_of
from tarsd.catalogue.services_ended import CrashLoop
from tarsd.catalogue.views import ServiceView
from tarsd.changes.hiding import Hiding
from tarsd.changes.locks import STACK
from tarsd.changes.model import Change, ChangeStatus
from tarsd.changes.runner import Changes
from tarsd.engine.decide import Case
from tarsd.engine.exits import Exits
from tarsd.engine.following import Following
from tarsd.engine.healer import Healer
from tarsd.engine.intent import REPLAY
from tarsd.engine.last_words import LastWords
from tarsd.engine.metered import Costs
from tarsd.engine.monitor import Monitor
from tarsd.engine.passes import Passes, utc_now
from tarsd.engine.probe_choice import ProbeChooser
from tarsd.engine.probing import Prober
from tarsd.engine.standing import Standing
from tarsd.engine.truth import Looked, Notice, Resync, Truth
from tarsd.engine.views import Sources, Views
from tarsd.errors import StateUnavailable
from tarsd.host.attachments import Attachments
from tarsd.host.boots import up_for
from tarsd.host.disk import Disks
from tarsd.host.docker_disk import DockerDisk
from tarsd.host.docker_unit import Service, Systemd
from tarsd.host.edits.allowed import Allowed, named
from tarsd.host.edits.hands import FileEdits
from tarsd.host.edits.runs import Run, Runs
from tarsd.host.engine_events import EngineEvents
from tarsd.host.engine_unit import EngineUnit
from tarsd.host.hands import EngineHands
from tarsd.host.kernel_follow import KernelFollower
from tarsd.host.log_tail import LogTail
from tarsd.host.mount_watch import MountWatch
from tarsd.host.nas.hands import MountHands
from tarsd.host.nvidia.hands import CardHands
from tarsd.host.unit_hands import SystemdUnits
from tarsd.observe.supervised import Supervised
from tarsd.operations.data_acts import DataActs
from tarsd.operations.doctor_tasks import FIX
from tarsd.operations.worlds import Worlds
from tarsd.store import Database
from tarsd.store.boots import BootStore
from tarsd.store.intent import IntentStore
from tarsd.wiring.acting import Acting
from tarsd.wiring.boot import boot_watch
from tarsd.wiring.incidents import Records
from tarsd.wiring.intent import intent_keeper
from tarsd.wiring.outside import Outside

BEGIN_AGAIN = 10.0
"""Seconds after a defect in one of its parts."""

TRIGGERS = {"connected": Trigger.ENGINE, "woke": Trigger.WOKE}
"""What a look at everything means to checks, by its reason."""


class Supervision:
    """Constructed once, `run` for as long as the daemon lives, `stop` before the Engine's client is closed."""

    def __init__(
        self,
        out: Outside,
        database: Database,
        intent: IntentStore,
        worlds: Worlds,
        passes: Passes,
        kept: Records,
        changes: Callable[[], Changes],
        docker_service: Service | None,
        unit: EngineUnit | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._out = out
        self._kept = kept
        self._changes = changes
        self._log = log
        self._releasing: set[asyncio.Future[None]] = set()
        self._woke = time.clock_gettime(time.CLOCK_BOOTTIME) - up_for()
        self.acting = Acting(out.paths.acting, log)
        self.standing = Standing(out.docker, unit)
        self.truth = Truth(out.containers, self.standing, log)
        self._exits = Exits()
        self.costs = Costs()
        self.prober = Prober(
            ProbeChooser(out.secrets, out.http),
            passes,
            lambda: out.settings().monitor,
            lambda _: self.monitor.stir(),
            silent=self.truth.doubt,
        )
        self._services = EngineHands(
            out.containers,
            Attachments(out.docker),
            out.compose,
            out.generations,
            out.docker_unit,
            docker_service or Systemd(),
            out.paths.secrets,
        )
        self._data = DataActs(changes, out.docker, out.containers, out.keeper, worlds.senses.disks)
        self.healer = Healer(
            self.hands_for(Runs(out.paths.doctor).new),
            kept.incidents,
            self._save,
            self._look_anew,
            out.settings,
            self.awake_since,
            utc_now,
            log,
            self._barred,
        )
        self.keeper = intent_keeper(
            database,
            intent,
            self.truth,
            lambda service: changes().at_work(service) is not None,
            self.healer.acting,
            self.healer.stopped_by_us,
            lambda service: (
                service in (self.views.names or {service})
            ),  # none before the first round
            lambda: self.monitor.stir(),
            log,
        )
        sources = Sources(
            self.keeper.wanted,
            self.keeper.left_by_engine,
            self.prober.answers,
            self._exits,
            self._busy,
            self._held,
            utc_now,
            LastWords(LogTail(out.docker, out.secrets.hider)).of,
        )
        self.views = Views(out.generations, sources)
        self.monitor = Monitor(
            CATALOGUE,
            self.truth,
            self.views,
            lambda: replace(worlds.world(out.settings(), Asked()), at_work=self._changing),
            kept.incidents,
            self.healer,
            self._follow,
            Hiding(out.secrets.hider),
            lambda: changes().owns_stack,
            self.costs,
            log,
        )
        self.boot = boot_watch(out, BootStore(database), self.truth, self.monitor, log)
        self.tells = Supervised(
            passes,
            self.prober.answers,
            self.monitor.fault,
            lambda: out.settings().monitor.probe_failures,
            self.keeper.wishes,
            lambda: self.boot.last,
            self.monitor.explained,
        )
        self.truth.subscribe(self._take)
        events = EngineEvents(out.docker, out.project)
        self._following = Following(
            self.truth, events, unit, log, first=self.keeper.since, reloaded=self._reloaded
        )
        self._kernel = KernelFollower(
            out.own_jobs, out.kernel, out.paths.socket.parent, self._kernel_told, log
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        with suppress(StateUnavailable):
            await self.healer.recall()
        await asyncio.gather(
            self._lasting("acting", self.acting.hold),
            self._lasting("following", self._following.run),
            self._lasting("intent", self.keeper.run),
            self._lasting("monitor", self.monitor.run),
            self._lasting("boot", self.boot.run),
            self._lasting("mounts", self._watch_mounts),
            self._lasting("kernel", self._kernel.run),
        )

    async def _lasting(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        """A defect of one part ends neither the others nor that part: it begins anew, and the journal has it."""
        while True:
            try:
                return await part()
            except Exception:  # noqa: BLE001  supervision that ends by itself would look like peace
                self._log.exception("supervision.defect", part=name)
                await asyncio.sleep(BEGIN_AGAIN)

    async def stop(self) -> None:
        """Once run() is cancelled: nothing is asked any more, and what was followed is noted."""
        self.prober.close()
        await self.healer.stop()
        await self.keeper.close()
        await self._kept.incidents.close()

    def hands_for(self, run: Callable[[], Run]) -> Hands:
        """What remedies act with; `run` gives the directory that keeps what they edit."""
        return Hands(
            self._services,
            FileEdits(
                self._out.own_jobs, Allowed(self._out.paths, lambda: named(self._out.paths)), run
            ),
            SystemdUnits(run),
            MountHands(self._out.nas.units, self._out.nas.sight, self._out.settings, self._mounted),
            self._data,
            CardHands(
                self._out.docker, self._out.containers, self._out.generations, self._services
            ),
            DockerDisk(self._out.docker, self._out.generations, Disks()),
        )

    def awake_since(self) -> datetime:
        """The boot, or the end of the last sleep; told anew each time, for the clock on the wall may be put right later."""
        return utc_now() - timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME) - self._woke)

    def nas_fault(self) -> Finding | None:
        """What is wrong with the NAS by the newest looks."""
        return told_of(self.monitor.latest.values())

    def nas_works(self) -> None:
        """A test of the share that is set up has found nothing wrong."""
        self._out.nas.sight.works()
        self._mounted()

    def _reloaded(self) -> None:
        """A reload of systemd may have taken the cards from containers that run."""
        self._out.nvidia.forget()
        self.monitor.trigger(Trigger.RELOAD)

    def _kernel_told(self, kinds: frozenset[str]) -> None:
        if "xid" in kinds:
            self._out.nvidia.forget()
        if "mount" in kinds:
            self._out.nas.sight.doubt()
        self.monitor.trigger(Trigger.KERNEL)

    async def _look_anew(self, check: str) -> None:
        self._out.nvidia.forget()
        self.monitor.ask(check)
        await self.truth.look()

    def change_begun(self, change: Change) -> None:
        """A change owns the services that it locks; what the healer does to them ends."""
        self.healer.yield_to(self.views.names if STACK in change.locks else change.locks)
        self.monitor.stir()

    def change_ended(self, change: Change) -> None:
        """What a change has done to a service may be what it was held for."""
        if change.status is ChangeStatus.DONE:
            task = asyncio.ensure_future(self._release(change))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)
        self._out.nas.sight.forget()
        self.monitor.trigger(Trigger.CHANGE)

    async def _release(self, change: Change) -> None:
        owned = self.views.names if STACK in change.locks else change.locks
        for incident in self._kept.incidents.unresolved:
            if incident.subject in owned:
                words = f"released: change {change.id} ({change.summary}) has ended"
                await self._kept.incidents.released(incident, words)

    def _barred(self, subject: str) -> str | None:
        """What is not a service is nobody's in a change, but for one of the doctor's."""
        change = self._changes().at_work(subject)
        if change is not None and change.kind == FIX:
            return f"change {change.id} ({change.summary}) is at work"
        return self.acting.barred

    async def _watch_mounts(self) -> None:
        try:
            await MountWatch(self._mount, self._mounted).run()
        except OSError as error:  # then the cadence sees what has changed
            self._log.error("mounts.unwatched", message=f"cannot follow what is mounted: {error}")

    def _mount(self) -> object:
        """What is mounted where the documents should be."""
        path = self._out.settings().nas.path
        try:
            mount = None if path is None else self._out.nas.units.mounted(path)
        except OSError as error:
            return error.errno
        return mount, mount and mount.device

    def _mounted(self) -> None:
        self._out.nas.sight.forget()
        self.monitor.trigger(Trigger.MOUNTS)

    def _changing(self, subject: str) -> str | None:
        change = self._changes().at_work(subject)
        if change is None and subject == "nas" and self._out.nas.sight.remounting:
            return "the share is being mounted anew"
        if change is None and subject == DockerDown.subject and self.healer.acting(subject):
            return "an act on it is under way"
        return None if change is None else f"change {change.id} ({change.summary}) is at work"

    def _busy(self, service: str) -> str | None:
        changing = self._changing(service)
        if changing is not None:
            return changing
        if self.healer.acting(service):
            return "an act on it is under way"
        if self.keeper.pending(service):
            return "whether its owner has stopped it is known in a moment"
        return None

    def _held(self, service: str) -> str | None:
        """A crash loop goes on, as a fault, while its container lies where the healer has stopped it."""
        loops = (CrashLoop.id, service) in (it.key for it in self._kept.incidents.unresolved)
        return CrashLoop.id if loops else None

    def _follow(self, views: Sequence[ServiceView] | None) -> None:
        if views is None:
            self.prober.follow(None)
            return
        self.prober.follow(
            {
                view.name: (view.service, view.container)
                for view in views
                if view.wanted == "running"
                and view.container is not None
                and view.container.state == "running"
                and view.container.cut_off is None  # whoever cannot be reached is not asked
            }
        )

    def _take(self, notice: Notice) -> None:
        """Hand on what the truth tells; each reader makes his own of it."""
        if isinstance(notice, Resync):
            self._resync(notice)
        elif isinstance(notice, Looked):
            self._exits.seen(notice.now)
            if notice.before is not None:
                before, now = {notice.service: notice.before}, {notice.service: notice.now}
                self._exits.compare(before, now)
        else:
            self._exits.hear(notice)
        self.monitor.stir()

    def _resync(self, notice: Resync) -> None:
        before = notice.previous.containers if notice.previous else None
        now = notice.now.containers
        if before is not None and now is not None:
            self._exits.compare(before, now)
        if notice.why == "connected":  # what the keeper of intent waited for has been told by then
            loop = asyncio.get_running_loop()
            loop.call_later(REPLAY + 0.1, self.monitor.stir)
        if notice.why in TRIGGERS:
            self._out.nvidia.forget()
            self.monitor.trigger(TRIGGERS[notice.why])
        if notice.why == "woke":
            self._woke = time.clock_gettime(time.CLOCK_BOOTTIME)
            self.prober.ask_soon()

    async def _save(self, case: Case) -> None:
        incidents = self._kept.incidents
        container = ((self.truth.snapshot and self.truth.snapshot.containers) or {}).get(
            case.finding.subject
        )
        findings = [it for it in self.monitor.latest.values() if it.subject == case.finding.subject]
        unresolved = [it.id for it in incidents.unresolved]
        saved = await self._kept.evidence.save(case.incident, container, findings, unresolved)
        await incidents.saved(case.incident, saved.text, saved.seconds)
