"""A whole daemon, as its composition root makes it, on doubles of the Engine and of Compose."""

import copy
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from tarsd.app import App
from tarsd.changes.locks import STACK
from tarsd.changes.model import Change
from tarsd.host.generations import Generation, Generations
from tarsd.operations import install, lifecycle, uninstall
from tarsd.paths import Paths
from tarsd.store.intent import IntentStore
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import Points
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_docker_service import FakeDockerService
from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_nas import FakeNas
from tests.unit.senses import senses

STACK_FILE: dict[str, Any] = {
    "name": "tars",
    "services": {
        "postgres": {
            "image": "postgres:17",
            "labels": {"tars.role": "db", "tars.required": "true"},
            "stop_grace_period": "2m0s",
            "volumes": [{"type": "volume", "source": "postgres", "target": "/data"}],
        },
        "redis": {
            "image": "redis:8",
            "labels": {"tars.role": "cache", "tars.required": "true"},
            "volumes": [{"type": "volume", "source": "redis", "target": "/data"}],
        },
        "webui": {
            "image": "webui:1",
            "profiles": ["frontend"],
            "labels": {"tars.role": "ui", "tars.after": "postgres,redis"},
        },
    },
    "x-tars": {"secret_environment": {"webui": "webui.env"}},
}


class Home:
    """A machine with Docker and the package; `app` is its daemon."""

    def __init__(self, paths: Paths, engine: FakeEngine, plugins: Path) -> None:
        self.paths = paths
        self.engine = engine
        self.compose = FakeCompose(engine, copy.deepcopy(STACK_FILE))
        self.nas = FakeNas(Points())
        self.compose.own |= {
            name: partial(self.nas.answer, name) for name in ("nas-trial", "nas-count")
        }
        self.docker_service = FakeDockerService()
        self.plugins = plugins
        self._machine = plugins.parent / "machine"
        for reference in ("postgres:17", "redis:8", "webui:1"):
            engine.images[reference] = {"Id": f"sha256:{reference}"}
        self.app = self._new()

    def _new(self) -> App:
        return App(
            self.paths,
            engine_socket=str(self.engine.socket),
            jobs=self.compose,
            mount_units=self.nas,
            docker_service=self.docker_service,
            plugins=[self.plugins],
            senses=senses(self._machine, mount=self.nas.mounted),
        )

    async def start(self) -> None:
        await self.app.database.open()

    async def stop(self) -> None:
        await self.app.server.stop()
        await self.app.changes.stop()
        await self.app.http.close()
        await self.app.docker.close()
        await self.app.database.close()

    async def crash(self) -> None:
        """The daemon dies where it is, and the next one goes on."""
        await self.stop()
        self.app = self._new()
        await self.app.database.open()
        await self.app.changes.resume()

    async def begin_install(self, *, pull: bool = True, **answers: Any) -> Change:
        told = dict.fromkeys(("skip_nas", "cpu_only", "with_frontend")) | answers
        plan = install.plan(told, pull=pull)
        return await self.app.changes.begin("install", "install the stack", {STACK}, plan)

    async def install(self, *, pull: bool = True, **answers: Any) -> Change:
        """Install and wait for the end."""
        return await end(self.app.changes, await self.begin_install(pull=pull, **answers))

    async def lifecycle(self, action: str, names: Iterable[str]) -> Change:
        """Start, stop or restart, and wait for the end."""
        chosen = sorted(names)
        plan = lifecycle.plan(action, chosen)
        return await self.end(await self.app.changes.begin(action, action, chosen, plan))

    async def uninstall(self, *, purge_data: bool = False) -> Change:
        """Uninstall and wait for the end."""
        plan = uninstall.plan(self.generation is not None, purge_data)
        return await self.end(await self.app.changes.begin("uninstall", "go", {STACK}, plan))

    async def end(self, change: Change) -> Change:
        return await end(self.app.changes, change)

    @property
    def generation(self) -> Generation | None:
        return Generations(self.paths.generations).current()

    async def intent(self) -> dict[str, str]:
        return dict(await IntentStore(self.app.database).all())

    def secrets(self) -> dict[str, str]:
        """The secrets by name, without the files made from them."""
        derived = {"redis.conf", "webui.env", "backend.env"}
        return {
            it.name: it.read_text()
            for it in self.paths.secrets.glob("*")
            if it.is_file() and it.name not in derived
        }
