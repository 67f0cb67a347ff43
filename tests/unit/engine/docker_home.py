"""A home in which people, Docker and tarsd itself stop and start containers, as seen through events and inspect.

Sequences are those of Engine 26.1, recorded; the keeper, and what it writes, are real but for the disk.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import count

from tarsd.catalogue.views import EngineView, Wanted
from tarsd.engine.intent import IntentKeeper, Surroundings
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.wishes import Wishes
from tarsd.errors import EngineUnavailable, HostSilent, StateUnavailable
from tarsd.host.containers import Container
from tarsd.host.engine_events import Action, EngineEvent
from tarsd.observe.intent import IntentJournal
from tarsd.store.intent import IntentStore, Wish
from tarsd.store.watch import WatchStore
from tarsd.times import iso
from tests.unit.log import Log
from tests.unit.observe.containers import CONTAINER

BOOTED = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SERVICES = ("redis", "postgres")


class Disk(IntentStore, WatchStore):
    """What the keeper writes; `full` while nothing can be written, `unread` while nothing can be read."""

    def __init__(self) -> None:
        self.rows: dict[str, Wish] = {}
        self.latest = None
        self.watched: int | None = None
        self.full = False
        self.unread = False
        self.writes = 0

    def _look(self) -> None:
        if self.unread:
            raise StateUnavailable("cannot read state.db: I/O error")

    def _write(self) -> None:
        if self.full:
            raise StateUnavailable("cannot write state.db: no space left on device")
        self.writes += 1

    async def wishes(self) -> Mapping[str, Wish]:
        self._look()
        self.latest = dict(self.rows)
        return self.latest

    async def replace(self, service: str, before: Wish | None, wanted: Wanted, reason: str) -> bool:
        self._write()
        if self.rows.get(service) != before:
            return False
        self.rows[service] = Wish(wanted, iso(datetime.now(timezone.utc)), reason)
        self.latest = dict(self.rows)
        return True

    async def until(self) -> int | None:
        self._look()
        return self.watched

    async def keep(self, until: int) -> None:
        self._write()
        self.watched = until


@dataclass
class DockerHome:
    """Times pass only by `wait`; the wall's clock is `now`, and it may be set."""

    services: Sequence[str] = SERVICES
    disk: Disk = field(default_factory=Disk)
    log: Log = field(default_factory=Log)
    since: datetime | None = BOOTED
    going_down: bool = False
    silent: bool = False
    systemd_silent: bool = False
    changing: set[str] = field(default_factory=set[str])
    healing: set[str] = field(default_factory=set[str])
    acts: dict[str, datetime] = field(default_factory=dict[str, datetime])
    memory: list[EngineEvent] = field(default_factory=list[EngineEvent])

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._set_by = timedelta(0)
        self._began = asyncio.get_running_loop().time()
        self.containers: dict[str, Container] = {}
        for service in self.services:
            self.containers[service] = self.fresh(service, BOOTED)
        self._running: asyncio.Task[None] | None = None
        self.connected = False
        self.verdicts = 0
        self.begin()

    @property
    def now(self) -> datetime:
        passed = timedelta(seconds=asyncio.get_running_loop().time() - self._began)
        return BOOTED + timedelta(hours=1) + passed + self._set_by

    def set_clock(self, by: timedelta) -> None:
        self._set_by += by

    # tarsd

    def begin(self) -> None:
        """tarsd starts; it follows nothing yet."""
        around = Surroundings(
            look=self.look,
            stopping=self.stopping,
            busy=lambda service: service in self.changing,
            acting=lambda service: service in self.healing,
            stopped_by_us=self.acts.get,
            known=lambda service: service in self.services,
        )
        journal = IntentJournal(self.log.logger)
        wishes = Wishes(self.disk, journal)
        self.keeper = IntentKeeper(
            wishes, self.disk, around, journal, lambda: self.now, self._count
        )
        self._running = asyncio.get_running_loop().create_task(self.keeper.run())

    def _count(self) -> None:
        self.verdicts += 1

    async def connect(self) -> None:
        """It subscribes, is told what the Engine remembers, and looks."""
        since = await self.keeper.since()
        told = [it for it in self.memory if since is not None and it.at >= since]
        self.connected = True
        self.keeper.seen(await self.look(), connected=True)
        for event in told:
            self.keeper.event(event)
        await asyncio.sleep(0)

    async def resync(self) -> None:
        self.keeper.seen(await self.look())

    def lose_stream(self) -> None:
        self.connected = False
        self.keeper.lost()

    def kill_tarsd(self) -> None:
        assert self._running is not None
        self._running.cancel()
        self.connected = False

    async def end_tarsd(self) -> None:
        self.kill_tarsd()
        await self.keeper.close()

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def look(self) -> Snapshot:
        if self.silent:
            raise EngineUnavailable("cannot reach the Docker Engine: no answer in time")
        view = EngineView(answers=True, since=self.since)
        return Snapshot(0.0, self.now, view, dict(self.containers))

    async def stopping(self) -> bool:
        if self.systemd_silent:
            raise HostSilent("cannot tell whether the Engine is being stopped")
        return self.going_down

    # What is seen of it

    def wanted(self, service: str = "redis") -> Wanted:
        wish = self.disk.rows.get(service)
        return "running" if wish is None else wish.wanted

    def tarsctl(self, service: str, wanted: Wanted) -> None:
        """The wish that a change records before it acts."""
        self.disk.rows[service] = Wish(wanted, iso(self.now), f"{wanted} {service}")
        self.disk.latest = dict(self.disk.rows)

    # What people and Docker do

    def tell(
        self, action: Action, container: Container, code: int | None = None, at: int = 0
    ) -> EngineEvent:
        """The Engine tells an event, and remembers it."""
        moment = at or (self.now - EPOCH) // timedelta(microseconds=1) * 1000 + next(self._numbers)
        event = EngineEvent(moment, "container", action, container.id, container.service, code)
        self.memory.append(event)
        if self.connected:
            self.keeper.event(event)
        return event

    def stop(self, service: str = "redis", code: int = 0) -> None:
        """docker stop"""
        container = self.containers[service]
        if container.state != "running":
            return
        self.tell("kill", container, 15)
        self.tell("stop", container)
        self.end(service, code)

    def stop_waiting(self, service: str = "redis") -> None:
        """docker stop of what crashes again and again, while Docker waits to start it again: no signal, no end."""
        container = self.containers[service]
        self.containers[service] = replace(container, state="exited")
        self.tell("stop", container)

    def start(self, service: str = "redis", restarts: int = 0) -> None:
        """docker start"""
        container = replace(
            self.containers[service], state="running", started=self.now, restarts=restarts
        )
        self.containers[service] = container
        self.tell("start", container)

    def kill(self, service: str = "redis", signal: int = 9) -> None:
        """docker kill"""
        container = self.containers[service]
        if container.state == "running":
            self.tell("kill", container, signal)
            self.end(service, 137 if signal == 9 else 0)

    def crash(self, service: str = "redis") -> None:
        """It ends by itself, and Docker starts it again."""
        container = self.containers[service]
        if container.state == "running":
            self.end(service, 139)
            self.start(service, container.restarts + 1)

    def remove(self, service: str = "redis") -> Container:
        """docker rm"""
        container = self.containers.pop(service)
        self.tell("destroy", container)
        return container

    def create(self, service: str = "redis") -> None:
        """docker compose create"""
        self.containers[service] = replace(self.fresh(service, self.now), state="created")

    def recreate(self, service: str = "redis") -> None:
        """docker compose up --force-recreate"""
        self.stop(service)
        self.remove(service)
        self.create(service)
        self.start(service)

    async def restart_engine(self) -> None:
        """systemctl restart docker: all are stopped, and what nobody stopped before is started again."""
        self.going_down = True
        running = [name for name, it in self.containers.items() if it.state == "running"]
        for service in running:
            self.stop(service)
        self._engine_ends()
        await self.wait(3)
        self.since, self.going_down = self.now, False
        for service in running:
            self.start(service)

    async def kill_engine(self) -> None:
        """kill -9 of dockerd without live-restore: the next one stops what it finds, and leaves it so."""
        self._engine_ends()
        await self.wait(2)
        self.since = self.now
        for service in list(self.containers):
            self.stop(service, 143)

    def _engine_ends(self) -> None:
        if self.connected:
            self.lose_stream()
        self.memory.clear()

    def end(self, service: str, code: int) -> None:
        """Its process ends; Docker does not start it again."""
        container = replace(
            self.containers[service], state="exited", finished=self.now, exit_code=code
        )
        self.containers[service] = container
        self.tell("die", container, code)

    def fresh(self, service: str, at: datetime) -> Container:
        """A container of its own, running."""
        number = f"{next(self._numbers):012x}"
        return replace(
            CONTAINER,
            id=number,
            service=service,
            state="running",
            started=at,
            finished=None,
            exit_code=0,
            oom_killed=False,
            error="",
            restarts=0,
            policy="unless-stopped",
        )
