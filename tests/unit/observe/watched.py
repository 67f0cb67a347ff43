"""A machine as the status sees it: an Engine, a stack on disk, a state.db, and what supervision knows."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Finding
from tarsd.catalogue.views import Answers
from tarsd.changes.hiding import Hiding
from tarsd.changes.runner import Changes
from tarsd.engine.passes import Passes
from tarsd.engine.standing import Standing
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.host.jobs import SystemdJobs
from tarsd.host.nas.documents import Documents
from tarsd.host.nas.mount_units import SystemdMountUnits
from tarsd.host.own_jobs import OwnJobs
from tarsd.observe import nas
from tarsd.observe.engine_look import EngineLook
from tarsd.observe.model import IncidentsStatus, Problem, Status
from tarsd.observe.parts import Parts
from tarsd.observe.summary import Summary
from tarsd.observe.supervised import Supervised
from tarsd.settings import Settings
from tarsd.store import Database
from tarsd.store.boots import BootVerdict
from tarsd.store.changes import ChangeStore
from tarsd.store.intent import IntentStore
from tests.unit.changes.workshop import Linger, Make
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.log import Log

FIRST_BYTE = 2.0  # seconds tarsctl waits


class Machine:
    """A daemon's eyes: an Engine, a stack on disk, a state.db."""

    def __init__(self, root: Path, engine: FakeEngine, docker: DockerApi) -> None:
        self.engine = engine
        self.settings = Settings()
        self.problems: list[Problem] = []
        self.incidents: IncidentsStatus | None = None
        self.answers: dict[str, Answers] = {}
        self.faults: dict[str, Finding] = {}
        self.boot: BootVerdict | None = None
        self.hide: Callable[[str], str] = str
        self.generations = Generations(root / "generations")
        self.database = Database(root / "state.db")
        self.intent = IntentStore(self.database)
        self.lingering = Linger()
        self.passes = Passes()
        self.containers = Containers(docker, "tars")
        kinds = [Make(set()), self.lingering]
        self.changes = Changes(ChangeStore(self.database), kinds, Log().logger, lambda: None)
        jobs = OwnJobs(SystemdJobs(), root)
        self._summary = Summary(
            EngineLook(Standing(docker), self.containers),
            self.generations,
            self.intent,
            self.changes,
            Parts(
                Gpus(docker, root),
                lambda: nas.status(
                    self.settings.nas,
                    SystemdMountUnits(jobs),
                    Documents(jobs, root / "documents.json"),
                ),
            ),
            Supervised(
                self.passes,
                lambda name, _: self.answers.get(name, Answers()),
                self.faults.get,
                boot=lambda: self.boot,
            ),
            Hiding(lambda: self.hide),
            lambda: self.problems,
            lambda: self.incidents,
        )

    def install(self, *required: str, optional: str = "webui") -> None:
        """A stack of these services, and containers that run them."""
        services: dict[str, Any] = {
            name: {"image": f"{name}:1", "labels": {"tars.required": "true"}} for name in required
        }
        services[optional] = {"image": "webui:1"}
        stack = {"services": services}
        self.generations.make_current(self.generations.add(stack, {"images": {}}).number)
        for name in services:
            self.engine.add(FakeContainer(name))

    async def status(self) -> Status:
        """Asked as tarsctl does: a daemon that does not answer in time counts as hung."""
        return await asyncio.wait_for(self._summary.status(), FIRST_BYTE)
