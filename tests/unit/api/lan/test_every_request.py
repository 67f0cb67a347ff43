"""schemathesis asks the whole plane what its description allows, and what it does not: no 5xx, no undocumented answer.

A few requests of each route by default; with `--every-fault` 10,000 and more of what it allows, and as many of what it
does not, which takes four minutes.
"""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tarsd.api.lan.description import openapi
from tarsd.paths import Paths
from tests.unit.api.lan.test_plane import PASSWORD, Lan
from tests.unit.fake_engine import FakeEngine
from tests.unit.home import Home

FEW, MANY = 4, 11_000
DEADLINE = 10.0  # seconds for an answer


class Served:
    """A daemon on a loop of its own, in a thread: what asks it here blocks."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Served":
        self._thread.start()
        self._ready.wait(60)
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  it is the test's
            self._error = error
        self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        at = self._directory
        paths = Paths(etc=at / "etc", share=at / "share", state=at / "state", run=at)
        plugins = at / "plugins"
        for each in (paths.etc, paths.conf_d, paths.share, paths.state, plugins):
            each.mkdir()
        (plugins / "docker-compose").touch()
        engine = FakeEngine(at / "docker.sock")
        await engine.start()
        home = Home(paths, engine, plugins)
        await home.start()
        lan = Lan(home)
        lan.secrets(jwt_root="root" * 12, admin_password=PASSWORD)
        await lan.set()
        self.token = (await home.app.operations.tokens.create("all", "operator", 3600))[0]
        self.base, self.ca = f"https://localhost:{lan.port}", str(paths.lan / "ca.crt")
        self.document = dict(openapi(home.app.operations.server.routes))
        self._ready.set()
        await self._stop.wait()
        await lan.plane.stop()
        await home.stop()
        await engine.stop()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("lan")) as it:
        yield it


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_a_documented_one(
    served: Served, mode: GenerationMode, pytestconfig: pytest.Config
) -> None:
    schema: Any = schemathesis.openapi.from_dict(served.document)  # of which little is typed
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]
    operations = [it for it in operations if "text/event-stream" not in str(it.definition.raw)]
    giving = [it for it in operations if list(it.iter_parameters()) or it.body]
    if (
        mode is GenerationMode.NEGATIVE
    ):  # any text is a path; without query and body nothing can be wrong
        operations = giving = [it for it in giving if list(it.query) or it.body]
    every = bool(pytestconfig.getoption("--every-fault"))
    asked: list[int] = []
    with requests.Session() as session:
        for operation in operations:
            _ask(operation, mode, MANY // len(giving) if every else FEW, session, served, asked)
    assert len(asked) >= (10_000 if every else len(operations))
    print(f"{mode}: {len(asked)} requests, {len(operations)} operations")


def _ask(
    operation: Any,
    mode: GenerationMode,
    examples: int,
    session: Any,
    served: Served,
    asked: list[int],
) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        response = case.call_and_validate(
            base_url=served.base,
            session=session,
            headers=headers,
            timeout=DEADLINE,
            verify=served.ca,
        )
        asked.append(response.status_code)
        assert response.status_code < 500

    one()
